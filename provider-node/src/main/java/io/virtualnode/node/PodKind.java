package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;

/** What a pod's origin decides about how its node treats it. */
enum PodKind {
  /** Handed to the provider. */
  FORWARDED,
  /**
   * One of a DaemonSet: made for machines, of which a virtual node has none. Never handed to the
   * provider; says so in its status; ended here when it is deleted.
   */
  DAEMON,
  /**
   * A mirror of a static pod. A virtual node has no static pods, so the mirror is an orphan and is
   * deleted, as a kubelet does ({@code deleteOrphanedMirrorPods}).
   */
  MIRROR,
  /** Not ready to be scheduled, though it names a node: left alone until its gates are open. */
  GATED;

  private static final String MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

  static PodKind of(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    if (annotations != null && annotations.containsKey(MIRROR_ANNOTATION)) {
      return MIRROR;
    }
    // A DaemonSet may adopt a pod that runs here already: that goes on.
    boolean ran = pod.getStatus() != null && !pod.getStatus().getContainerStatuses().isEmpty();
    boolean daemon =
        pod.getMetadata().getOwnerReferences().stream()
            .anyMatch(
                owner ->
                    Boolean.TRUE.equals(owner.getController())
                        && "DaemonSet".equals(owner.getKind()));
    if (daemon && !ran) {
      return DAEMON;
    }
    return pod.getSpec().getSchedulingGates().isEmpty() ? FORWARDED : GATED;
  }
}
