package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;

/**
 * The scheduling gate with which every delegate is created.
 *
 * <p>A request to create a pod can arrive at any time after it was sent, also when its sender has
 * been killed, and when all that it was sent for is over. It can bring about no more than a pod
 * that nobody starts: a delegate is started by a second request that names its UID, which only
 * somebody can know who has seen it.
 *
 * <p>Source: KEP-3521, Pod Scheduling Readiness.
 */
public final class StartGate {

  /** Its name. */
  public static final String NAME = "virtualnode.io/start";

  private StartGate() {}

  static PodSchedulingGate gate() {
    return new PodSchedulingGate(NAME);
  }

  /** Whether the pod is yet to be started by us. */
  public static boolean isShut(Pod pod) {
    var gates = pod.getSpec().getSchedulingGates();
    return gates != null && gates.stream().anyMatch(gate -> NAME.equals(gate.getName()));
  }
}
