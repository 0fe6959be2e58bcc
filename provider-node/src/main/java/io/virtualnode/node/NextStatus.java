package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which status a pod gets next: the provider's, or one of our own where it has none to give. Pure.
 *
 * <p>Of our own are the ends that nobody else will write. A pod that the provider has lost has
 * failed. A pod that is being deleted is given an end before it goes, as a kubelet does since 1.27
 * (kubernetes#115331): a Job with a podFailurePolicy, or with podReplacementPolicy Failed, would
 * otherwise wait for it for ever.
 */
final class NextStatus {

  private static final String READY_UNKNOWN = "Unknown";
  private static final String READY_FALSE = "False";
  private static final String DAEMON_REASON = "DaemonSetNotForwarded";
  private static final String DAEMON_MESSAGE =
      "A virtual node is no machine: pods of DaemonSets are not run on it. Keep them off with the"
          + " node's taint or an affinity on the label type=virtual-kubelet.";

  private NextStatus() {}

  /**
   * The status to merge next into what the primary has.
   *
   * @param gone whether the provider has nothing left of the pod
   * @return null for none
   */
  static @Nullable PodStatus of(Pod pod, PodKind kind, PendingStatus pushed, boolean gone) {
    if (kind == PodKind.DAEMON) {
      return daemon();
    }
    PodStatus next = pushed.next(pod.getStatus());
    if (next != null && !Objects.equals(next, pushed.latest())) {
      return next;
    }
    boolean deleting = pod.getMetadata().getDeletionTimestamp() != null;
    boolean over = gone || (kind == PodKind.GATED && deleting);
    if (over && !Phases.isTerminal(next) && !Phases.isTerminal(pod)) {
      return end(next == null ? pod.getStatus() : next, deleting);
    }
    return next != null && pushed.bare() ? StatusMerge.bare(pod.getStatus(), next) : next;
  }

  private static PodStatus end(@Nullable PodStatus last, boolean deleting) {
    if (!deleting) {
      return StatusMerge.failed(
          last,
          "PodGone",
          "The pod no longer exists where it ran, and how it ended is not known.",
          READY_UNKNOWN);
    }
    return hasRun(last)
        ? StatusMerge.failed(
            last,
            "EndUnknown",
            "The pod was deleted, and how its containers ended is not known.",
            READY_UNKNOWN)
        : StatusMerge.failed(
            last, "DeletedBeforeStart", "The pod was deleted before it ran.", READY_FALSE);
  }

  private static boolean hasRun(@Nullable PodStatus status) {
    return status != null
        && (Phases.isRunning(status)
            || status.getInitContainerStatuses().stream().anyMatch(NextStatus::hasRun)
            || status.getContainerStatuses().stream().anyMatch(NextStatus::hasRun));
  }

  private static boolean hasRun(ContainerStatus container) {
    return hasRun(container.getState()) || hasRun(container.getLastState());
  }

  private static boolean hasRun(@Nullable ContainerState state) {
    return state != null && (state.getRunning() != null || state.getTerminated() != null);
  }

  private static PodStatus daemon() {
    return new PodStatusBuilder()
        .withPhase(Phases.PENDING)
        .withReason(DAEMON_REASON)
        .withMessage(DAEMON_MESSAGE)
        .addNewCondition()
        .withType("Ready")
        .withStatus(READY_FALSE)
        .withReason(DAEMON_REASON)
        .withMessage(DAEMON_MESSAGE)
        .endCondition()
        .build();
  }
}
