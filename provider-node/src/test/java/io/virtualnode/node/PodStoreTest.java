package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PodStoreTest {

  private final PodStore store = new PodStore(any -> true);

  @Test
  void written_pod_is_answered_until_the_watch_has_caught_up() {
    store.put("u", pod("99", "seen"));
    store.remember(pod("101", "written"));
    assertThat(name()).isEqualTo("written");

    store.put("u", pod("100", "late"));
    assertThat(name()).isEqualTo("written");
    store.put("u", pod("101", "echo"));
    assertThat(name()).isEqualTo("echo");
  }

  @Test
  void old_answer_is_not_kept_when_the_watch_was_faster() {
    store.put("u", pod("1000", "seen"));
    store.remember(pod("999", "old"));
    assertThat(name()).isEqualTo("seen");
  }

  @Test
  void late_answer_is_not_kept_when_the_pod_was_deleted() {
    store.put("u", pod("1", "seen"));
    store.remove("u");
    store.remember(pod("2", "late"));
    assertThat(store.newest("u")).isNull();
    assertThat(store.size()).isZero();
  }

  @Test
  void spec_is_shared_and_field_managers_dropped_when_a_pod_changes() {
    store.put("u", pod("1", "a"));
    Pod first = requireNonNull(store.newest("u"));
    store.put("u", pod("2", "a"));
    Pod second = requireNonNull(store.newest("u"));

    assertThat(second.getSpec()).isSameAs(first.getSpec());
    assertThat(second.getMetadata().getManagedFields()).isEmpty();
  }

  @Test
  void pods_of_other_nodes_leave_nothing() {
    PodStore mine = new PodStore("mine"::equals);
    assertThat(mine.put("u", pod("1", "a"))).isNull();
    assertThat(mine.size()).isZero();
    assertThat(mine.remove("u")).isNull();
  }

  @Test
  void list_of_a_joining_node_gives_way_to_what_the_watch_has_shown() {
    store.join("n");
    store.put("u", pod("7", "watched"));
    assertThat(requireNonNull(store.takeIn(pod("5", "listed"))).getMetadata().getName())
        .isEqualTo("watched");
    store.joined("n");
    assertThat(name()).isEqualTo("watched");
  }

  @Test
  void watch_that_is_behind_the_list_of_a_joining_node_changes_nothing_until_it_has_caught_up() {
    store.join("n");
    Pod listed = pod("5", "listed");
    assertThat(store.takeIn(listed)).isSameAs(listed);
    store.joined("n");
    Pod old = pod("4", "old");
    assertThat(store.put("u", old)).isSameAs(listed);
    assertThat(store.isCurrent(old)).isFalse();
    assertThat(name()).isEqualTo("listed");

    store.put("u", pod("6", "newer"));
    assertThat(name()).isEqualTo("newer");
    store.put("u", pod("5", "restored")); // a primary that went back in time is believed
    assertThat(name()).isEqualTo("restored");
  }

  @Test
  void pod_that_the_watch_saw_deleted_does_not_come_back_with_the_list_of_a_joining_node() {
    store.join("n");
    store.remove("u");
    assertThat(store.takeIn(pod("5", "listed"))).isNull();
    assertThat(store.size()).isZero();
    store.joined("n");
  }

  @Test
  void nothing_is_left_of_a_node_that_leaves() {
    store.put("u", pod("1", "a"));
    store.leave("other");
    assertThat(store.size()).isEqualTo(1);
    store.leave("n");
    assertThat(store.size()).isZero();
  }

  private String name() {
    Pod newest = store.newest("u");
    return newest == null ? "" : newest.getMetadata().getName();
  }

  private static Pod pod(String version, String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withUid("u")
        .withName(name)
        .withResourceVersion(version)
        .addNewManagedField()
        .withManager("kubectl")
        .endManagedField()
        .endMetadata()
        .withNewSpec()
        .withNodeName("n")
        .endSpec()
        .build();
  }
}
