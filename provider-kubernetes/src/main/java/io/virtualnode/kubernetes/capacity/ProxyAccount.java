package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One proxy's share of the {@link Ledger}: what it asks for, and where it has its room.
 *
 * <p>Its <em>slot</em> is the room that it holds in a member, from placement until its delegate is
 * terminal or gone: on the node where the delegate is or, until the member's watch shows it on one,
 * on the node that placement chose.
 */
final class ProxyAccount {

  final Object uid; // see Uid
  Scope scope = Scope.WHOLE;
  @Nullable Resources request; // null while the primary's scheduler does not count the proxy

  // Where placement put it, and what it asked for then.
  @Nullable NodeKey reservedNode;
  Resources reservedRequest = Resources.NONE;

  // The slot, as the nodes' accounts have it.
  @Nullable NodeAccount slotNode;
  @Nullable PodLine slotDelegate; // once it is seen
  Resources held = Resources.NONE;

  // What the sums have of it.
  Resources counted = Resources.NONE;
  @Nullable Resources credit; // what is given back, if it is

  private @Nullable PodLine delegates; // linked, in order

  /**
   * A slot to be.
   *
   * @param held what the delegate really requests, which a webhook of the member may have changed;
   *     until it is seen, what the proxy requested when it was placed
   */
  record Slot(NodeAccount node, Resources held, @Nullable PodLine delegate) {}

  ProxyAccount(Object uid) {
    this.uid = uid;
  }

  void listed(PodLine pod) {
    if (delegates == null || pod.isBefore(delegates)) {
      pod.next = delegates;
      delegates = pod;
      return;
    }
    var at = delegates;
    while (at.next != null && at.next.isBefore(pod)) {
      at = at.next;
    }
    pod.next = at.next;
    at.next = pod;
  }

  void unlisted(PodLine pod) {
    if (delegates == pod) {
      delegates = pod.next;
    }
    for (var at = delegates; at != null; at = at.next) {
      if (at.next == pod) {
        at.next = pod.next;
      }
    }
    pod.next = null;
  }

  /** A delegate is terminal or gone. With the one that took it, a reservation ends. */
  void ended(PodLine pod) {
    unlisted(pod);
    if (reservedNode != null
        && reservedNode.member().equals(pod.member.name)
        && slotDelegate == pod) {
      reservedNode = null;
    }
  }

  /** Forgets everything that was in a member. */
  void forget(MemberAccount member) {
    for (var pod = delegates; pod != null; pod = delegates) {
      if (pod.member == member) {
        delegates = pod.next;
      } else {
        break;
      }
    }
    for (var at = delegates; at != null; at = at.next) {
      while (at.next != null && at.next.member == member) {
        at.next = at.next.next;
      }
    }
    if (reservedNode != null && reservedNode.member().equals(member.name)) {
      reservedNode = null;
    }
  }

  /**
   * The slot that follows from what is known, in whatever order it became known.
   *
   * <p>A reservation is where the slot is until a delegate in that member is seen on a node.
   * Without one, a delegate found on a node holds its slot there. Of several delegates, which only
   * a fault can bring about, one holds the slot and the others are just pods.
   */
  @Nullable Slot choose(MemberAccounts members) {
    var reserved = reservedNode;
    PodLine chosen = null;
    for (var pod = delegates; pod != null; pod = pod.next) {
      boolean wanted =
          reserved == null ? pod.node != null : pod.member.name.equals(reserved.member());
      if (wanted && (chosen == null || (chosen.node == null && pod.node != null))) {
        chosen = pod;
      }
    }
    if (chosen != null && chosen.node != null) {
      return new Slot(chosen.node, chosen.request, chosen);
    }
    if (reserved == null) {
      return null;
    }
    var node = members.node(reserved);
    return new Slot(node, chosen == null ? reservedRequest : chosen.request, chosen);
  }

  /** Whether the delegate is among the pods of the slot's node. */
  boolean isSlotTaken() {
    return slotDelegate != null && slotDelegate.node != null;
  }

  /** The part of its slot that the primary's scheduler has already subtracted. */
  Resources countedOf(Slot slot) {
    if (request == null) {
      return Resources.NONE;
    }
    return request.equals(slot.held) ? slot.held : slot.held.min(request);
  }

  Resources request() {
    return requireNonNull(request, "the proxy is not counted");
  }

  @Nullable PodLine delegates() {
    return delegates;
  }

  /** Nothing keeps this account. */
  boolean isEmpty() {
    return request == null && reservedNode == null && delegates == null;
  }
}
