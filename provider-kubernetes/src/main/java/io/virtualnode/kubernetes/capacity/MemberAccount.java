package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** One member's share of the {@link Ledger}: its nodes, its pods, and the limits on its total. */
final class MemberAccount {

  final String name;
  final Map<String, NodeAccount> nodes = new HashMap<>();
  final Map<String, MemberPod> pods = new HashMap<>();
  boolean fresh;
  Optional<Resources> quota = Optional.empty();

  private Resources contributions = Resources.NONE;
  private Resources ours = Resources.NONE;

  MemberAccount(String name) {
    this.name = name;
  }

  NodeAccount node(String node) {
    return nodes.computeIfAbsent(node, n -> new NodeAccount(new NodeKey(name, n)));
  }

  /** Recomputes one node and takes the difference into the sums. */
  void refresh(NodeAccount account) {
    contributions = contributions.minus(account.contribution());
    ours = ours.minus(account.ours());
    account.recompute(fresh);
    contributions = contributions.plus(account.contribution());
    ours = ours.plus(account.ours());
    if (account.isEmpty()) {
      nodes.remove(account.key.node());
    }
  }

  void refreshAll() {
    for (var account : nodes.values().toArray(new NodeAccount[0])) {
      refresh(account);
    }
  }

  /** What this member adds to the virtual node, never less than our pods hold there. */
  Resources offer() {
    var offer = contributions;
    if (quota.isPresent()) {
      offer = offer.cappedBy(quotaLeft().plus(ours.namedBy(quota.get())));
    }
    return offer.max(ours);
  }

  /**
   * What the quota leaves for one more pod, of the resources that it limits; negative where it is
   * overdrawn. Not to be asked without a quota.
   */
  Resources quotaLeft() {
    var hard = quota.orElseThrow();
    var left = hard;
    for (var pod : pods.values()) {
      if (pod.underQuota()) {
        left = left.minus(pod.request().namedBy(hard));
      }
    }
    for (var account : nodes.values()) {
      for (var slot : account.slots.values()) {
        if (slot.delegate().isEmpty()) {
          left = left.minus(slot.held().namedBy(hard)); // its delegate will be under the quota
        }
      }
    }
    return left;
  }
}
