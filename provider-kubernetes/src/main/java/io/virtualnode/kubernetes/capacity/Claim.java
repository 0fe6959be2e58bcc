package io.virtualnode.kubernetes.capacity;

import org.jspecify.annotations.Nullable;

/**
 * What one node collects for one pod that is not bound yet.
 *
 * <p>While the node's free room does not cover the request, what there is of it is
 * <em>withheld</em>: neither offered nor given to anybody else. Once it covers the request the
 * claim is <em>whole</em>: the room is offered again, so that the pod can be bound, but is still
 * given to that pod only.
 */
final class Claim {

  final Object uid; // see Uid
  final NodeAccount node;
  final Resources request;
  final long turn; // earlier claims on a node are served first

  /** Whether the pod has been bound meanwhile, so that its request is already subtracted. */
  boolean bound;

  private boolean whole;
  private Resources share = Resources.NONE;

  Claim(Object uid, NodeAccount node, Resources request, long turn) {
    this.uid = uid;
    this.node = node;
    this.request = request;
    this.turn = turn;
  }

  /** Takes its share of what is left; returns what is left then. */
  Resources take(@Nullable Resources left) {
    whole = left != null && request.fitsInto(left);
    share = left == null ? Resources.NONE : request.min(left);
    return left == null ? Resources.NONE : left.minus(share);
  }

  boolean isWhole() {
    return whole;
  }

  /** What nobody else gets of the node. */
  Resources share() {
    return share;
  }

  /** What the node does not offer because of this claim. */
  Resources withheld() {
    return whole || bound ? Resources.NONE : share;
  }
}
