package io.virtualnode.api;

import io.fabric8.kubernetes.api.model.Pod;

/**
 * An ability: to see every pod bound to the node as the primary has it, also the terminal ones.
 *
 * <p>For providers that keep accounts: the primary's scheduler counts a pod from the moment it is
 * bound until it is terminal or gone, whatever the provider does meanwhile.
 *
 * <p>Called one at a time, though not always by the same thread, in the order of the node's watch,
 * before the pod's {@link Provider#apply}. The pods are shared with the node: not to be changed.
 * Calls must return promptly; an exception is logged and drops only that call.
 */
public interface PodObserver {

  /** The pod was seen, for the first time or changed (status included). */
  void podObserved(Pod pod);

  /**
   * The pod is no longer in the primary.
   *
   * @param witnessed whether the primary told of its deletion; if not, it is only no longer there:
   *     it went while nobody watched, or the primary has lost its memory of it
   */
  void podForgotten(PodKey pod, boolean witnessed);

  /**
   * Every pod bound to the node has been observed at least once: what has not been observed does
   * not exist. Called once, after a consistent list.
   */
  void podsSynced();
}
