package io.virtualnode.kubernetes.delegate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.virtualnode.api.PodKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnershipTest {

  private final PodKey proxy = new PodKey("grid", "job", "uid-1");
  private final Ownership ours = new Ownership("primary-1", "vnode");

  @DisplayName("delegate_is_ours_and_names_its_proxy_when_it_bears_our_marks")
  @Test
  void marked() {
    var found = ours.proxyOf(marked(ours)).orElseThrow();
    assertThat(found.uid()).isEqualTo("uid-1");
    assertThat(found.namespace()).isEqualTo("grid");
    assertThat(found.name()).isEqualTo("job");
  }

  @DisplayName("delegate_is_not_ours_when_it_is_of_another_primary_or_virtual_node")
  @Test
  void others() {
    assertThat(ours.proxyOf(marked(new Ownership("primary-2", "vnode")))).isEmpty();
    assertThat(ours.proxyOf(marked(new Ownership("primary-1", "vnode-2")))).isEmpty();
  }

  @DisplayName("delegate_is_not_ours_when_one_mark_is_missing")
  @ParameterizedTest
  @ValueSource(strings = {Ownership.PRIMARY, Ownership.NODE, Ownership.PROXY_UID, Ownership.PROXY})
  void missing(String mark) {
    var pod = marked(ours);
    pod.getMetadata().getLabels().remove(mark);
    pod.getMetadata().getAnnotations().remove(mark);
    assertThat(ours.proxyOf(pod)).isEmpty();
  }

  @DisplayName("delegate_is_its_own_tombstone_once_it_is_marked_and_deleted_on_no_node")
  @Test
  void takenBack() {
    var pod = marked(ours);
    pod.setSpec(new PodSpec());
    pod.getMetadata().setFinalizers(List.of("example.org/other", TakeBackMark.NAME));
    assertThat(ours.proxyOf(pod)).as("not deleted").contains(proxy);
    assertThat(TakeBackMark.isUseless(pod)).isFalse();
    pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    assertThat(ours.proxyOf(pod)).isEmpty();
    assertThat(ours.proxyOfTombstone(pod)).contains(proxy);
    pod.getSpec().setNodeName("n1");
    assertThat(ours.proxyOf(pod)).as("on a node").contains(proxy);
    assertThat(ours.proxyOfTombstone(pod)).isEmpty();
    assertThat(TakeBackMark.isUseless(pod)).isTrue();
    pod.getSpec().setNodeName("");
    pod.getMetadata().setFinalizers(List.of("example.org/other"));
    assertThat(ours.proxyOf(pod)).as("kept by somebody else").contains(proxy);
  }

  @DisplayName("tombstone_of_an_earlier_version_is_known_by_its_label")
  @Test
  void earlierTombstone() {
    var pod = marked(ours);
    pod.getMetadata().getLabels().put(Ownership.TOMBSTONE, "true");
    assertThat(ours.proxyOf(pod)).isEmpty();
    assertThat(ours.proxyOfTombstone(pod)).contains(proxy);
  }

  @DisplayName("pod_is_not_ours_when_it_bears_no_marks_at_all")
  @Test
  void unmarked() {
    var pod = new PodBuilder().withNewMetadata().withName("job").endMetadata().build();
    pod.getMetadata().setLabels(null);
    pod.getMetadata().setAnnotations(null);
    assertThat(ours.proxyOf(pod)).isEmpty();
    pod.getMetadata().setLabels(ours.labels(proxy));
    assertThat(ours.proxyOf(pod)).isEmpty();
  }

  @DisplayName("pod_is_not_ours_when_its_proxy_cannot_be_read")
  @Test
  void unreadable() {
    var pod = marked(ours);
    pod.getMetadata().setAnnotations(Map.of(Ownership.PROXY, "job"));
    assertThat(ours.proxyOf(pod)).isEmpty();
  }

  @DisplayName("long_node_name_makes_a_label_that_fits_and_still_tells_nodes_apart")
  @Test
  void longName() {
    var exact = new Ownership("primary-1", "a".repeat(63));
    assertThat(exact.labels(proxy)).containsEntry(Ownership.NODE, "a".repeat(63));
    var longer = new Ownership("primary-1", "a".repeat(64));
    assertThat(longer.labels(proxy).get(Ownership.NODE)).matches("[0-9a-f]{10}");
    assertThat(longer.proxyOf(marked(longer))).contains(proxy);
    assertThat(longer.proxyOf(marked(new Ownership("primary-1", "a".repeat(65))))).isEmpty();
  }

  @DisplayName("marks_need_a_primary_and_a_node")
  @SuppressWarnings("NullAway") // what is tested
  @Test
  void nulls() {
    assertThatNullPointerException()
        .isThrownBy(() -> new Ownership(null, "vnode"))
        .withMessage("primaryUid is null");
    assertThatNullPointerException()
        .isThrownBy(() -> new Ownership("primary-1", null))
        .withMessage("nodeName is null");
  }

  private Pod marked(Ownership ownership) {
    return new PodBuilder()
        .withNewMetadata()
        .withLabels(new HashMap<>(ownership.labels(proxy)))
        .withAnnotations(new HashMap<>(ownership.annotations(proxy)))
        .endMetadata()
        .build();
  }
}
