package io.virtualnode.kubernetes.capacity;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One member's share of the {@link Ledger}: its nodes, its pods, and the limits on its total. */
final class MemberAccount {

  final String name;
  final Map<String, NodeAccount> nodes = new HashMap<>();
  final Map<Object, PodLine> pods = new HashMap<>(); // see Uid
  final Map<String, Integer> naming = new TreeMap<>(); // how many nodes name each resource
  final Tally spare = new Tally(); // of all its nodes
  final Tally underQuota = new Tally(); // requests of pods, and of delegates to come
  final List<Claim> claims = new ArrayList<>(); // in turn
  boolean fresh;
  boolean retired;
  boolean draining;
  @Nullable Resources quota;

  private @Nullable Map<NodeAccount, Resources> shares; // of the quota; null until asked for

  MemberAccount(String name) {
    this.name = name;
  }

  /** Whether it takes anything new. */
  boolean isInForce() {
    return fresh && !retired && !draining;
  }

  NodeAccount node(String node) {
    var account = nodes.get(node);
    if (account == null) {
      account = new NodeAccount(this, new NodeKey(name, node));
      nodes.put(node, account);
    }
    return account;
  }

  void setFacts(NodeAccount account, @Nullable MemberNode facts) {
    var before = account.allocatable().names();
    if (Objects.equals(account.facts, facts)
        && (facts == null || facts.allocatable().names().equals(before))) { // even with amount 0
      return;
    }
    before.forEach(n -> naming.computeIfPresent(n, MemberAccount::less));
    account.facts = facts;
    account.factsChanged = true;
    account.allocatable().names().forEach(n -> naming.merge(n, 1, Integer::sum));
  }

  private static @Nullable Integer less(String name, Integer count) {
    return count == 1 ? null : count - 1;
  }

  /** What this member adds to the offer beyond what our pods hold there. */
  Resources newRoom() {
    var room = spare.toResources();
    return quota == null ? room : room.cappedBy(quotaOffered()).nonNegative();
  }

  /**
   * What one node adds to the offer of its own virtual node. What the quota leaves is given out in
   * the order of the nodes, so that it is not offered twice.
   */
  Resources newRoom(NodeAccount node) {
    if (quota == null) {
      return node.spare();
    }
    if (shares == null) {
      shares = shareOut(quotaOffered().nonNegative());
    }
    return shares.getOrDefault(node, Resources.NONE);
  }

  private Map<NodeAccount, Resources> shareOut(Resources quotaLeft) {
    var result = new HashMap<NodeAccount, Resources>();
    var left = quotaLeft;
    for (var node : new TreeMap<>(nodes).values()) {
      var share = node.spare().cappedBy(left);
      left = left.minusNamed(share);
      result.put(node, share);
    }
    return result;
  }

  /** The sums have changed. */
  void forgetShares() {
    shares = null;
  }

  /**
   * What the quota leaves for one more pod, of the resources that it limits; negative where it is
   * overdrawn. Nothing without a quota.
   */
  Resources quotaLeft() {
    var hard = quota;
    return hard == null ? Resources.NONE : hard.minusNamed(underQuota.toResources());
  }

  /** {@link #quotaLeft} for one pod: without what is collected for others. */
  Resources quotaLeftFor(Object podUid) {
    return quotaLeftWithout(claim -> !claim.uid.equals(podUid));
  }

  private Resources quotaOffered() {
    return quotaLeftWithout(claim -> !claim.bound);
  }

  /** Claims take their shares of the quota in turn, as they do of their nodes. */
  private Resources quotaLeftWithout(Predicate<Claim> withheld) {
    var result = quotaLeft();
    var left = result.nonNegative();
    for (var claim : claims) {
      var share = claim.request.namedBy(left).min(left);
      left = left.minus(share);
      if (withheld.test(claim)) {
        result = result.minus(share);
      }
    }
    return result;
  }

  /** Whether the claim's node and the quota have all that is requested. */
  boolean isWhole(Claim claim) {
    if (quota == null || !claim.hasAll()) {
      return claim.hasAll();
    }
    var left = quotaLeft().nonNegative();
    for (var earlier : claims) {
      var limited = earlier.request.namedBy(left);
      if (earlier == claim) {
        return limited.fitsInto(left);
      }
      left = left.minus(limited.min(left));
    }
    return false;
  }
}
