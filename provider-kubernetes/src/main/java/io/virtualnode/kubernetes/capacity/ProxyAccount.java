package io.virtualnode.kubernetes.capacity;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One proxy's share of the {@link Ledger}: what it asks for, and where it has its room. */
final class ProxyAccount {

  final String uid;
  @Nullable Resources request; // null while the primary's scheduler does not count the proxy
  @Nullable Reservation reservation;
  @Nullable Slot slot; // as the nodes' accounts have it

  private final Map<String, Delegate> delegates = new TreeMap<>();

  /** Where placement put the proxy, and what it asked for then. */
  record Reservation(NodeKey node, Resources request) {}

  private record Delegate(String member, MemberPod pod) {}

  ProxyAccount(String uid) {
    this.uid = uid;
  }

  void listed(String member, MemberPod pod) {
    delegates.put(member + "/" + pod.uid(), new Delegate(member, pod));
  }

  /** A delegate is terminal or gone. With the one that took it, a reservation ends. */
  void unlisted(String member, MemberPod pod) {
    delegates.remove(member + "/" + pod.uid());
    if (reservation != null
        && reservation.node.member().equals(member)
        && slot != null
        && slot.delegate().filter(delegate -> delegate.uid().equals(pod.uid())).isPresent()) {
      reservation = null;
    }
  }

  /** Forgets everything that was in a member. */
  void forget(String member) {
    delegates.values().removeIf(delegate -> delegate.member.equals(member));
    if (reservation != null && reservation.node.member().equals(member)) {
      reservation = null;
    }
  }

  /**
   * The slot that follows from what is known, in whatever order it became known.
   *
   * <p>A reservation is where the slot is until a delegate in that member is seen on a node.
   * Without one, a delegate found on a node holds its slot there. Of several delegates, which only
   * a fault can bring about, one holds the slot and the others are just pods.
   */
  @Nullable Slot choose() {
    var reserved = reservation;
    Slot chosen = null;
    for (var delegate : delegates.values()) {
      var pod = delegate.pod;
      var bound = pod.node().map(node -> new NodeKey(delegate.member, node));
      if (reserved != null && delegate.member.equals(reserved.node.member())) {
        if (chosen == null || (bound.isPresent() && !chosen.isTaken())) {
          chosen = new Slot(uid, bound.orElse(reserved.node), pod.request(), Optional.of(pod));
        }
      } else if (reserved == null && bound.isPresent() && chosen == null) {
        chosen = new Slot(uid, bound.get(), pod.request(), Optional.of(pod));
      }
    }
    return chosen != null || reserved == null
        ? chosen
        : new Slot(uid, reserved.node, reserved.request, Optional.empty());
  }

  /** The part of the slot that the primary's scheduler has already subtracted. */
  Resources counted(Slot held) {
    return request == null ? Resources.NONE : held.held().min(request);
  }

  /** Nothing keeps this account. */
  boolean isEmpty() {
    return request == null && reservation == null && delegates.isEmpty();
  }
}
