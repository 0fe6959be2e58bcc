package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One member node's share of the {@link Ledger}: who uses it, and what follows from that. */
final class NodeAccount {

  final NodeKey key;
  @Nullable MemberNode node;
  final Map<String, MemberPod> pods = new HashMap<>(); // by UID, ours and others'
  final Map<ProxyAccount, Slot> slots = new HashMap<>();

  private Resources others = Resources.NONE;
  private Resources ours = Resources.NONE;
  private Resources contribution = Resources.NONE;

  NodeAccount(NodeKey key) {
    this.key = key;
  }

  /** Computes the sums anew from who is here; nothing is carried over from before. */
  void recompute(boolean fresh) {
    others = Resources.NONE;
    ours = Resources.NONE;
    for (var pod : pods.values()) {
      others = others.plus(pod.request());
    }
    for (var entry : slots.entrySet()) {
      var slot = entry.getValue();
      var counted = entry.getKey().counted(slot);
      ours = ours.plus(counted);
      others = others.plus(slot.isTaken() ? Resources.NONE : slot.held()).minus(counted);
    }
    contribution = isUsable(fresh) ? room().max(ours) : ours;
  }

  boolean isUsable(boolean fresh) {
    return fresh && node != null && node.usable();
  }

  /** Nothing keeps this account: no node of that name, and nobody on it. */
  boolean isEmpty() {
    return node == null && pods.isEmpty() && slots.isEmpty();
  }

  Resources allocatable() {
    return node == null ? Resources.NONE : node.allocatable();
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

  /**
   * What this node adds to the offer. Never less than ours, even when the node has gone or no
   * longer names the resource: the primary's scheduler subtracts it all the same.
   */
  Resources contribution() {
    return contribution;
  }
}
