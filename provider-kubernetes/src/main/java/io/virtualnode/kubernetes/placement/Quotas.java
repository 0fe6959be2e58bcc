package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.HashMap;
import java.util.Map;

/** The members' quotas, each one room that all nodes of its member share, with what is planned. */
final class Quotas {

  private final Ledger ledger;
  private final Map<String, Resources> placed = new HashMap<>();
  private final Map<String, Resources> held = new HashMap<>();

  Quotas(Ledger ledger) {
    this.ledger = ledger;
  }

  boolean limits(String member) {
    return ledger.quota(member).isPresent();
  }

  void place(String member, Resources request) {
    placed.merge(member, request, Resources::plus);
  }

  void hold(String member, Resources request) {
    held.merge(member, request, Resources::plus);
  }

  void clear() {
    placed.clear();
    held.clear();
  }

  /** Whether the quota would let the pod in if nobody else used it. */
  boolean couldTake(String member, Demand demand) {
    return ledger
        .quota(member)
        .map(hard -> demand.request().namedBy(hard).fitsInto(hard))
        .orElse(true);
  }

  /** Whether the quota lets the pod in now. */
  boolean takes(String member, Demand demand) {
    return limited(member, demand).fitsInto(left(member, demand).minus(heldOf(member)));
  }

  /** The greatest part of the request that is not there yet, in thousandths. */
  long lack(String member, Demand demand) {
    return Lack.of(limited(member, demand), left(member, demand).minus(heldOf(member)));
  }

  /** The part of a request that the quota limits; nothing without a quota. */
  Resources limited(String member, Demand demand) {
    return ledger.quota(member).map(demand.request()::namedBy).orElse(Resources.NONE);
  }

  /** What is left without regard to what is held for others. */
  Resources left(String member, Demand demand) {
    var left = ledger.quotaLeft(member, demand.proxyUid()).orElse(Resources.NONE);
    return left.minus(placed.getOrDefault(member, Resources.NONE));
  }

  private Resources heldOf(String member) {
    return held.getOrDefault(member, Resources.NONE);
  }
}
