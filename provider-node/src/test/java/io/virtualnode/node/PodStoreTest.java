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

  private final PodStore store = new PodStore();

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
