package io.virtualnode.kubernetes.capacity;

import org.jspecify.annotations.Nullable;

/**
 * What one node collects for one pod that is not bound yet: as much of the request as is free
 * there. Nobody else gets it and it is not offered, until it is the whole request; see {@link
 * Ledger#withhold}.
 */
final class Claim {

  final Object uid; // see Uid
  final NodeAccount node;
  final Resources request;
  final long turn; // earlier claims on a node are served first

  /** Whether the pod has been bound meanwhile, so that its request is already subtracted. */
  boolean bound;

  /** Whether it may be offered once it is whole. */
  boolean offered = true;

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

  /** Whether the node has all that is requested. */
  boolean hasAll() {
    return whole;
  }

  /** What nobody else gets of the node. */
  Resources share() {
    return share;
  }

  /** What the node does not offer as part of its spare room. */
  Resources withheld() {
    return bound ? Resources.NONE : share;
  }
}
