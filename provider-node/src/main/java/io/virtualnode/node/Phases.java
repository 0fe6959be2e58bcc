package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import org.jspecify.annotations.Nullable;

/** The words of {@code status.phase} and what follows from them. */
final class Phases {

  static final String PENDING = "Pending";
  static final String RUNNING = "Running";
  static final String SUCCEEDED = "Succeeded";
  static final String FAILED = "Failed";

  private Phases() {}

  static boolean isTerminal(@Nullable PodStatus status) {
    return status != null
        && (SUCCEEDED.equals(status.getPhase()) || FAILED.equals(status.getPhase()));
  }

  static boolean isTerminal(Pod pod) {
    return isTerminal(pod.getStatus());
  }

  static boolean isRunning(PodStatus status) {
    return RUNNING.equals(status.getPhase());
  }
}
