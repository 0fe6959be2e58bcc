package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One member node's share of the {@link Ledger}: who uses it, and what follows from that. */
final class NodeAccount implements Room {

  final MemberAccount member;
  final NodeKey key;
  final Bag pods = new Bag(); // what all pods here request, ours and others'
  final Bag counted = new Bag(); // what slots here hold, as far as it is counted
  final Bag pending = new Bag(); // what slots here hold whose delegates are not among the pods
  List<Claim> claims = List.of(); // in turn
  @Nullable MemberNode facts;
  boolean touched; // waits to be recomputed
  boolean factsChanged; // observers have not been told

  private Resources others = Resources.NONE;
  private Resources ours = Resources.NONE;
  private Resources free = Resources.NONE;
  private Resources claimed = Resources.NONE;
  private Resources spare = Resources.NONE;
  private boolean usable;

  NodeAccount(MemberAccount member, NodeKey key) {
    this.member = member;
    this.key = key;
  }

  /**
   * Computes everything anew from who is here; nothing is carried over from before.
   *
   * @param sumOfOthers for use in the sum; what is in it is lost
   * @param sumOfOurs likewise
   * @return whether the room for one more pod is another now
   */
  boolean recompute(Tally sumOfOthers, Tally sumOfOurs) {
    sumOfOthers.reset();
    sumOfOurs.reset();
    pods.addTo(sumOfOthers);
    pending.addTo(sumOfOthers);
    counted.subtractFrom(sumOfOthers);
    counted.addTo(sumOfOurs);
    others = sumOfOthers.toResources();
    ours = sumOfOurs.toResources();
    return recomputeRoom();
  }

  private boolean recomputeRoom() {
    var freeBefore = free;
    var claimedBefore = claimed;
    boolean usableBefore = usable;
    var allocatable = allocatable();
    free = allocatable.minusNamed(others).minusNamed(ours);
    usable = member.isInForce() && facts != null && facts.usable();
    claimed = Resources.NONE;
    spare = usable ? free.nonNegative() : Resources.NONE;
    var left = usable ? spare : null;
    for (var claim : claims) {
      left = claim.take(left);
      claimed = claimed.plus(claim.share());
      spare = spare.minusNamed(claim.withheld());
    }
    return usable != usableBefore || !free.equals(freeBefore) || !claimed.equals(claimedBefore);
  }

  void addClaim(Claim claim) {
    var list = new ArrayList<>(claims);
    list.add(claim);
    list.sort(Comparator.comparingLong(c -> c.turn));
    claims = List.copyOf(list);
  }

  void removeClaim(Claim claim) {
    claims = claims.stream().filter(other -> other != claim).toList();
  }

  /** Nothing keeps this account: no node of that name, and nobody on it. */
  boolean isEmpty() {
    return facts == null && pods.isEmpty() && counted.isEmpty() && claims.isEmpty();
  }

  Resources allocatable() {
    return facts == null ? Resources.NONE : facts.allocatable();
  }

  Resources others() {
    return others;
  }

  Resources ours() {
    return ours;
  }

  /** What slots here hold whose delegates have not been seen here yet. */
  Resources reserved() {
    var sum = new Tally();
    pending.addTo(sum);
    return sum.toResources();
  }

  /**
   * What this node adds to the offer beyond what our pods hold: {@code max(ours, allocatable −
   * others)} is ours plus this. Nothing where the node is not usable or over-full, whatever ours
   * hold: the primary's scheduler subtracts that all the same.
   */
  Resources spare() {
    return spare;
  }

  @Override
  public NodeKey key() {
    return key;
  }

  @Override
  public MemberNode node() {
    return requireNonNull(facts, "the node is not known");
  }

  @Override
  public boolean isUsable() {
    return usable;
  }

  @Override
  public boolean isAdmitted() {
    return !member.retired && facts != null && facts.admitted();
  }

  @Override
  public String obstacle() {
    if (member.retired) {
      return "node(s) of a member that is no longer configured";
    }
    var own = facts == null ? "node(s) not known" : facts.obstacle();
    if (!own.isEmpty()) {
      return own;
    }
    if (member.draining) {
      return "node(s) of a member that is drained";
    }
    return member.fresh ? "" : "node(s) of a member not heard of recently";
  }

  @Override
  public Resources free() {
    return free;
  }

  @Override
  public Resources claimed() {
    return claimed;
  }
}
