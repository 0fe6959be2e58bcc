package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.node.PodStep.Applied;
import io.virtualnode.node.PodStep.Facts;
import io.virtualnode.node.PodStep.Said;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PodStepTest {

  private static final Facts NEW = facts(PodKind.FORWARDED, null, null, false, Said.NOTHING);

  @Test
  void new_pod_is_applied() {
    Pod pod = pod().build();
    assertThat(PodStep.decide(pod, NEW)).isEqualTo(new PodStep.Apply(pod));
  }

  @Test
  void applied_pod_is_applied_again_only_when_more_than_its_status_changed() {
    Facts applied = facts(PodKind.FORWARDED, Applied.of(pod().build()), null, false, Said.NOTHING);
    Pod status = pod().withNewStatus().withPhase("Running").endStatus().build();
    Pod labels = pod().editMetadata().withLabels(Map.of("a", "b")).endMetadata().build();
    Pod spec = pod().editSpec().withActiveDeadlineSeconds(9L).endSpec().build();
    Pod generation = pod().editMetadata().withGeneration(2L).endMetadata().build();

    assertThat(PodStep.decide(status, applied)).isEqualTo(PodStep.NOTHING);
    assertThat(PodStep.decide(labels, applied)).isInstanceOf(PodStep.Apply.class);
    assertThat(PodStep.decide(spec, applied)).isInstanceOf(PodStep.Apply.class);
    assertThat(PodStep.decide(generation, applied)).isInstanceOf(PodStep.Apply.class);
  }

  @Test
  void pod_that_has_ended_is_not_applied() {
    Pod ended = pod().withNewStatus().withPhase("Succeeded").endStatus().build();
    assertThat(PodStep.decide(ended, NEW)).isEqualTo(PodStep.NOTHING);
    assertThat(
            PodStep.decide(pod().build(), facts(PodKind.FORWARDED, null, null, false, Said.ENDED)))
        .isEqualTo(PodStep.NOTHING);
  }

  @Test
  void pod_ended_by_somebody_else_is_removed_while_the_provider_says_that_it_lives() {
    Pod ended = pod().withNewStatus().withPhase("Failed").endStatus().build();
    Facts alive = facts(PodKind.FORWARDED, null, null, false, Said.ALIVE);
    Facts gone = facts(PodKind.FORWARDED, null, null, true, Said.ALIVE);
    assertThat(PodStep.decide(ended, alive)).isEqualTo(remove(30));
    assertThat(PodStep.decide(ended, gone)).isEqualTo(PodStep.NOTHING);
  }

  @Test
  void deleted_pod_is_removed_with_its_grace_and_again_when_that_shrinks() {
    assertThat(PodStep.decide(deleted(30L), NEW)).isEqualTo(remove(30));
    Facts removing = facts(PodKind.FORWARDED, null, Duration.ofSeconds(30), false, Said.NOTHING);
    assertThat(PodStep.decide(deleted(30L), removing)).isEqualTo(PodStep.NOTHING);
    assertThat(PodStep.decide(deleted(5L), removing)).isEqualTo(remove(5));
  }

  @Test
  void deleted_pod_that_never_ran_or_has_ended_is_removed_too() {
    Pod ended =
        new PodBuilder(deleted(30L)).withNewStatus().withPhase("Failed").endStatus().build();
    assertThat(PodStep.decide(ended, NEW)).isEqualTo(remove(30));
  }

  @Test
  void pod_deleted_by_force_is_removed_at_once_then_forgotten_when_gone() {
    assertThat(PodStep.decide(null, NEW)).isEqualTo(remove(0));
    Facts removing = facts(PodKind.FORWARDED, null, Duration.ZERO, false, Said.NOTHING);
    assertThat(PodStep.decide(null, removing)).isEqualTo(PodStep.NOTHING);
    Facts graceful = facts(PodKind.FORWARDED, null, Duration.ofSeconds(30), false, Said.NOTHING);
    assertThat(PodStep.decide(null, graceful)).isEqualTo(remove(0));
    Facts gone = facts(PodKind.FORWARDED, null, Duration.ZERO, true, Said.NOTHING);
    assertThat(PodStep.decide(null, gone)).isEqualTo(new PodStep.Forget());
  }

  @Test
  void provider_never_hears_of_pods_that_are_not_forwarded() {
    for (PodKind kind : new PodKind[] {PodKind.DAEMON, PodKind.MIRROR, PodKind.GATED}) {
      Facts facts = facts(kind, null, null, false, Said.NOTHING);
      assertThat(PodStep.decide(pod().build(), facts)).isEqualTo(PodStep.NOTHING);
      assertThat(PodStep.decide(deleted(30L), facts)).isEqualTo(PodStep.NOTHING);
      assertThat(PodStep.decide(null, facts)).isEqualTo(new PodStep.Forget());
    }
  }

  @Test
  void kind_follows_from_owner_annotation_and_gates() {
    assertThat(PodKind.of(pod().build())).isEqualTo(PodKind.FORWARDED);
    assertThat(PodKind.of(owned("DaemonSet", true))).isEqualTo(PodKind.DAEMON);
    Pod adopted =
        new PodBuilder(owned("DaemonSet", true)).withStatus(MemoryProvider.running()).build();
    assertThat(PodKind.of(adopted)).isEqualTo(PodKind.FORWARDED);
    assertThat(PodKind.of(owned("DaemonSet", false))).isEqualTo(PodKind.FORWARDED);
    assertThat(PodKind.of(owned("ReplicaSet", true))).isEqualTo(PodKind.FORWARDED);
    assertThat(
            PodKind.of(
                pod()
                    .editMetadata()
                    .addToAnnotations("kubernetes.io/config.mirror", "x")
                    .endMetadata()
                    .build()))
        .isEqualTo(PodKind.MIRROR);
    assertThat(PodKind.of(pod().editSpec().addNewSchedulingGate("wait").endSpec().build()))
        .isEqualTo(PodKind.GATED);
  }

  private static Pod owned(String kind, boolean controller) {
    return pod()
        .editMetadata()
        .addNewOwnerReference()
        .withKind(kind)
        .withController(controller)
        .endOwnerReference()
        .endMetadata()
        .build();
  }

  private static PodBuilder pod() {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("ns")
        .withName("a")
        .withUid("u")
        .withGeneration(1L)
        .endMetadata()
        .withNewSpec()
        .endSpec();
  }

  private static Pod deleted(long grace) {
    return pod()
        .editMetadata()
        .withDeletionTimestamp("2026-01-01T00:00:00Z")
        .withDeletionGracePeriodSeconds(grace)
        .endMetadata()
        .build();
  }

  private static PodStep remove(long seconds) {
    return new PodStep.Remove(Duration.ofSeconds(seconds));
  }

  private static Facts facts(
      PodKind kind,
      @Nullable Applied applied,
      @Nullable Duration removing,
      boolean gone,
      Said said) {
    return new Facts(kind, applied, removing, gone, said);
  }
}
