package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the provider has to be told about a pod next. Pure. */
sealed interface PodStep {

  /** Nothing, until something changes. */
  record Nothing() implements PodStep {}

  /** Run it, or bring what runs in line with it. */
  record Apply(Pod pod) implements PodStep {}

  /** End it. */
  record Remove(Duration grace) implements PodStep {}

  /** Neither the primary nor the provider has it any more: forget it here too. */
  record Forget() implements PodStep {}

  /** See {@link Nothing}. */
  PodStep NOTHING = new Nothing();

  /**
   * What has happened to a pod so far.
   *
   * @param kind what the pod is
   * @param applied what the provider accepted last, null if nothing or if it must see it again
   * @param removing the grace of the removal that the provider accepted last
   * @param gone whether the provider said that nothing is left
   * @param ended whether the provider pushed a terminal status
   */
  record Facts(
      PodKind kind,
      @Nullable Applied applied,
      @Nullable Duration removing,
      boolean gone,
      boolean ended) {}

  /** The part of a pod that a provider acts on: all but its status. */
  record Applied(
      @Nullable Long generation,
      @Nullable Map<String, String> labels,
      @Nullable Map<String, String> annotations,
      PodSpec spec) {

    static Applied of(Pod pod) {
      var metadata = pod.getMetadata();
      return new Applied(
          metadata.getGeneration(), metadata.getLabels(), metadata.getAnnotations(), pod.getSpec());
    }
  }

  /**
   * Decides.
   *
   * @param pod the pod as the primary has it, null if it has not
   */
  static PodStep decide(@Nullable Pod pod, Facts facts) {
    if (pod == null) {
      if (facts.gone() || facts.kind() != PodKind.FORWARDED) {
        return new Forget();
      }
      return remove(Duration.ZERO, facts);
    }
    if (facts.kind() != PodKind.FORWARDED) {
      return NOTHING;
    }
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return facts.gone() ? NOTHING : remove(grace(pod), facts);
    }
    if (Phases.isTerminal(pod) || facts.ended() || facts.gone()) {
      return NOTHING;
    }
    return Objects.equals(facts.applied(), Applied.of(pod)) ? NOTHING : new Apply(pod);
  }

  private static PodStep remove(Duration grace, Facts facts) {
    Duration removing = facts.removing();
    return removing != null && removing.compareTo(grace) <= 0 ? NOTHING : new Remove(grace);
  }

  private static Duration grace(Pod pod) {
    Long asked = pod.getMetadata().getDeletionGracePeriodSeconds();
    Long declared = pod.getSpec().getTerminationGracePeriodSeconds();
    return Duration.ofSeconds(asked != null ? asked : Objects.requireNonNullElse(declared, 30L));
  }
}
