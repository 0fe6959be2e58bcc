package io.virtualnode.api;

import io.fabric8.kubernetes.api.model.Node;

/**
 * An ability: to see the provider's own Node as the primary has it.
 *
 * <p>For providers that are told something by marks that others put on the Node: an annotation, a
 * taint, a cordon.
 *
 * <p>Called one at a time, though not always by the same thread, after {@link Provider#start}. What
 * is told is the newest state: of several changes in a row only the last may be told. The Node is
 * shared: not to be changed. Calls must return promptly; an exception is logged and drops only that
 * call.
 */
@FunctionalInterface
public interface NodeObserver {

  /** The Node was seen, for the first time or changed (status included). */
  void nodeObserved(Node node);
}
