package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a pod has ended.
 *
 * @param exitCodes of the containers of which they are known, by name
 */
record End(String phase, Map<String, Integer> exitCodes) {

  /** What a status says; empty if the pod has not ended. */
  static Optional<End> of(@Nullable PodStatus status) {
    if (status == null
        || !("Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase()))) {
      return Optional.empty();
    }
    var codes = new TreeMap<String, Integer>();
    for (var container : status.getContainerStatuses()) {
      var state = container.getState();
      if (state != null && state.getTerminated() != null) {
        codes.put(container.getName(), state.getTerminated().getExitCode());
      }
    }
    return Optional.of(new End(status.getPhase(), codes));
  }

  /** Whether every container has ended with that code, and the pod as it follows from it. */
  boolean isAsTold(int exitCode) {
    return phase.equals(exitCode == 0 ? "Succeeded" : "Failed")
        && !exitCodes.isEmpty()
        && exitCodes.values().stream().allMatch(code -> code == exitCode);
  }
}
