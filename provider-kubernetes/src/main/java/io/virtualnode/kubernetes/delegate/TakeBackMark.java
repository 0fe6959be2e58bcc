package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Pod;

/**
 * The finalizer that a delegate is given before it is taken back.
 *
 * <p>A pod with a finalizer that is deleted stays in the API, as being deleted, until that is taken
 * off. If it was on no node by then, it never comes to be on one: a pod that is being deleted
 * cannot be bound (kube-apiserver, {@code BindingREST.setPodNodeAndMetadata}), and no scheduler
 * tries to ({@code skipPodSchedule}). So it is its own tombstone: whoever finds it, be it another
 * process, knows that it never ran and never will.
 *
 * <p>It is put on just before the deletion and not when the delegate is created: a pod that has it
 * cannot go without us.
 */
public final class TakeBackMark {

  /** The finalizer's name. */
  public static final String NAME = "virtualnode.io/taken-back";

  private TakeBackMark() {}

  /** Whether the pod has it. */
  public static boolean isOn(Pod pod) {
    var finalizers = pod.getMetadata().getFinalizers();
    return finalizers != null && finalizers.contains(NAME);
  }

  /** Whether the pod was deleted while it was on no node, and is kept to show that. */
  public static boolean isProof(Pod pod) {
    return isOn(pod) && pod.getMetadata().getDeletionTimestamp() != null && !isOnNode(pod);
  }

  /** Whether the pod has it and is on a node: it was not taken back in time, and lives on. */
  public static boolean isUseless(Pod pod) {
    return isOn(pod) && isOnNode(pod);
  }

  private static boolean isOnNode(Pod pod) {
    var node = pod.getSpec().getNodeName();
    return node != null && !node.isEmpty();
  }
}
