package io.virtualnode.kubernetes.capacity;

import java.util.Optional;

/**
 * The room that one proxy holds in a member, from placement until its delegate is terminal or gone.
 *
 * @param proxyUid whose room it is
 * @param node where: the node the delegate is on or, until the member's watch shows it on one, the
 *     node that placement chose
 * @param held what the delegate really requests, which a webhook of the member may have changed;
 *     until it is seen, what the proxy requested when it was placed
 * @param delegate the delegate, once it is seen
 */
record Slot(String proxyUid, NodeKey node, Resources held, Optional<MemberPod> delegate) {

  /** Whether the delegate is among the pods of the slot's node. */
  boolean isTaken() {
    return delegate.flatMap(MemberPod::node).isPresent();
  }
}
