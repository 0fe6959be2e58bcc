package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is to be written of a pod, taken at one moment.
 *
 * @param recordings what the provider waits to see stored
 * @param gone whether the provider has nothing left of the pod
 * @param applying whether the provider is being asked to run it
 * @param generation the {@code metadata.generation} that the provider has been given
 * @param own the condition types, besides a kubelet's, that the provider may take back
 */
record PendingWrite(
    PodKind kind,
    PendingStatus status,
    List<Recording> recordings,
    boolean gone,
    boolean applying,
    @Nullable Long generation,
    Set<String> own) {

  /**
   * A condition that the provider waits to see stored.
   *
   * @param before the condition of that type that the provider was shown when it decided; null if
   *     there was none
   */
  record Recording(
      PodCondition condition, @Nullable PodCondition before, CompletableFuture<Pod> stored) {

    /**
     * Whether the pod has come to have a condition of that type that the provider was not shown.
     */
    boolean isOvertaken(Pod pod) {
      PodCondition present = of(pod, condition.getType());
      return !isSame(present, before) && !isSame(present, condition);
    }

    static @Nullable PodCondition of(Pod pod, String type) {
      return pod.getStatus() == null
          ? null
          : pod.getStatus().getConditions().stream()
              .filter(condition -> type.equals(condition.getType()))
              .findFirst()
              .orElse(null);
    }

    private static boolean isSame(@Nullable PodCondition one, @Nullable PodCondition other) {
      if (one == null || other == null) {
        return one == null && other == null;
      }
      return Objects.equals(one.getStatus(), other.getStatus())
          && Objects.equals(one.getReason(), other.getReason())
          && Objects.equals(one.getMessage(), other.getMessage());
    }
  }

  boolean isOvertaken(Pod pod) {
    return recordings.stream().anyMatch(recording -> recording.isOvertaken(pod));
  }

  List<PodCondition> conditions() {
    return recordings.stream().map(Recording::condition).toList();
  }

  /** The status to merge next, the provider's or one of our own; null for none. */
  @Nullable PodStatus next(Pod pod) {
    return NextStatus.of(pod, kind, status, gone);
  }

  /** Whether it may wait for something that the apply under way is likely to record. */
  boolean mayJoin() {
    PodStatus latest = status.latest();
    return applying
        && recordings.isEmpty()
        && !gone
        && (latest == null || !(Phases.isRunning(latest) || Phases.isTerminal(latest)));
  }

  /** The generation that the status to be written is about. */
  @Nullable Long observedGeneration(Pod pod) {
    if (generation != null) {
      return generation;
    }
    PodStatus stored = pod.getStatus();
    return stored != null && stored.getObservedGeneration() != null
        ? stored.getObservedGeneration()
        : pod.getMetadata().getGeneration();
  }
}
