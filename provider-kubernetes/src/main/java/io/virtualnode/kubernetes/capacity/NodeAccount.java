package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One member node's share of the {@link Ledger}: who uses it, and what follows from that. */
final class NodeAccount {

  final NodeKey key;
  @Nullable MemberNode node;
  final Map<String, MemberPod> foreign = new HashMap<>();
  final Set<Slot> slots = new HashSet<>();

  private Resources others = Resources.NONE;
  private Resources ours = Resources.NONE;
  private Resources contribution = Resources.NONE;

  NodeAccount(NodeKey key) {
    this.key = key;
  }

  /** Computes the sums anew from who is here; nothing is carried over from before. */
  void recompute(boolean fresh, Ledger ledger) {
    others = Resources.NONE;
    ours = Resources.NONE;
    for (var pod : foreign.values()) {
      others = others.plus(pod.request());
    }
    for (var slot : slots) {
      var counted = ledger.countedRequest(slot);
      ours = ours.plus(counted);
      others = others.plus(slot.held().minus(counted));
    }
    contribution =
        isUsable(fresh) ? room().max(ours.namedBy(allocatable())) : ours.namedBy(allocatable());
  }

  boolean isUsable(boolean fresh) {
    return fresh && node != null && node.usable();
  }

  /** Nothing keeps this account: no node of that name, and nobody on it. */
  boolean isEmpty() {
    return node == null && foreign.isEmpty() && slots.isEmpty();
  }

  Resources allocatable() {
    // A node that has gone while our pods are still listed on it keeps what they hold.
    return node == null ? ours : node.allocatable();
  }

  /** Allocatable minus others: what all of ours may fill. */
  private Resources room() {
    return allocatable().minus(others.namedBy(allocatable()));
  }

  /** What is left for one more pod; negative where the node is over-full. */
  Resources free() {
    return room().minus(ours.namedBy(allocatable()));
  }

  Resources others() {
    return others;
  }

  Resources ours() {
    return ours;
  }

  Resources contribution() {
    return contribution;
  }
}
