package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
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

  /** What the API server fills in where a pod declares none. */
  long DEFAULT_GRACE_SECONDS = 30;

  /** See {@link Nothing}. */
  PodStep NOTHING = new Nothing();

  /**
   * What has happened to a pod so far.
   *
   * @param kind what the pod is
   * @param applied what the provider accepted last, null if nothing or if it must see it again
   * @param removing the grace of the removal that the provider accepted last
   * @param gone whether the provider said that nothing is left
   * @param said what the provider pushed last
   */
  record Facts(
      PodKind kind,
      @Nullable Applied applied,
      @Nullable Duration removing,
      boolean gone,
      Said said) {}

  /** What a provider's last pushed status says of a pod's life. */
  enum Said {
    /** Nothing was pushed. */
    NOTHING,
    /** It has not ended. */
    ALIVE,
    /** It has ended. */
    ENDED;

    static Said of(@Nullable PodStatus pushed) {
      if (pushed == null) {
        return NOTHING;
      }
      return Phases.isTerminal(pushed) ? ENDED : ALIVE;
    }
  }

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
    if (Phases.isTerminal(pod) && facts.said() == Said.ALIVE && !facts.gone()) {
      return remove(declaredGrace(pod), facts); // ended by somebody else: it must not run on
    }
    if (Phases.isTerminal(pod) || facts.said() == Said.ENDED || facts.gone()) {
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
    return asked == null ? declaredGrace(pod) : Duration.ofSeconds(asked);
  }

  private static Duration declaredGrace(Pod pod) {
    Long declared = pod.getSpec().getTerminationGracePeriodSeconds();
    return Duration.ofSeconds(Objects.requireNonNullElse(declared, DEFAULT_GRACE_SECONDS));
  }
}
