package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.api.PodKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PodInboxTest {

  private final PodStore store = new PodStore(any -> true);
  private final Pods pods = new Pods(store, Set.of());
  private final MemoryProvider provider = new MemoryProvider();
  private final List<String> observed = new ArrayList<>();
  private final List<PodKey> changed = new ArrayList<>();
  private final PodInbox inbox = new PodInbox(pods, provider, changed::add);

  PodInboxTest() {
    provider.onObserved = pod -> observed.add(pod.getMetadata().getResourceVersion());
  }

  @Test
  void keys_are_handed_on_after_the_first_list_all_at_once() {
    Pod pod = stored("1");
    inbox.seen(pod);
    assertThat(changed).isEmpty();
    assertThat(inbox.complete()).isEqualTo(1);
    assertThat(changed).containsExactly(PodKey.of(pod));
    assertThat(provider.synced).isCompletedWithValue(1);
    inbox.seen(stored("2"));
    assertThat(changed).hasSize(2);
  }

  @Test
  void copy_that_is_no_longer_the_newest_is_passed_over() {
    Pod first = stored("1");
    Pod second = stored("2");
    inbox.seen(second);
    inbox.seen(first);
    assertThat(observed).containsExactly("2");
  }

  @Test
  void pod_that_is_deleted_by_the_time_its_news_comes_in_is_not_brought_back() {
    Pod pod = stored("1");
    store.remove(pod.getMetadata().getUid());
    inbox.forgotten(PodKey.of(pod), true);
    inbox.seen(pod);
    assertThat(observed).isEmpty();
    assertThat(pods.states()).isEmpty();
    assertThat(provider.forgotten).hasSize(1);
  }

  private Pod stored(String version) {
    Pod pod =
        new PodBuilder(TestPods.pod("a"))
            .editMetadata()
            .withResourceVersion(version)
            .endMetadata()
            .build();
    store.put(pod.getMetadata().getUid(), pod);
    return pod;
  }
}
