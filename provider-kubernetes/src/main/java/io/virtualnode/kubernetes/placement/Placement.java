package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides where bound proxies go, oldest first.
 *
 * <p>A proxy goes to the node with the least free cpu among those it fits (best fit), so that whole
 * slots stay free for wide ones. A proxy that fits nowhere now has its request <em>held</em> on the
 * node that lacks least of it: nothing younger gets what it waits for there, nor what it will need
 * besides, but what the node has left over stays in use. Because the virtual node offers no more
 * than is free minus what waits, a younger proxy that was bound finds its room beside or elsewhere.
 *
 * <p>A member's quota is one more room that all its nodes share, and is held likewise.
 */
public final class Placement {

  private final List<Room> rooms = new ArrayList<>();
  private final List<MemberNode> allNodes = new ArrayList<>();
  private final Map<String, Optional<Quota>> quotas = new HashMap<>();
  private final Ledger ledger;

  private Placement(Ledger ledger) {
    this.ledger = ledger;
    ledger.forEachUsable(room -> rooms.add(new Room(room, quota(room.node().key().member()))));
    rooms.sort(Comparator.comparing(room -> room.node.key().toString()));
    ledger.forEachNode(allNodes::add);
  }

  /**
   * Decides for all that wait, each decision seeing those before it.
   *
   * @param waiting the proxies without a slot, oldest first
   * @return a decision for each, in the same order
   */
  public static List<Decision> plan(List<Demand> waiting, Ledger ledger) {
    var placement = new Placement(ledger);
    return waiting.stream().map(placement::decide).toList();
  }

  private Decision decide(Demand demand) {
    Room best = null;
    for (var room : rooms) {
      if (room.takesNow(demand) && (best == null || room.freeCpu() < best.freeCpu())) {
        best = room;
      }
    }
    if (best != null) {
      best.place(demand.request());
      return new Decision.Placed(best.node.key());
    }
    return couldEverFit(demand) ? hold(demand) : new Decision.NeverFits(explain(demand));
  }

  /** Only what is known of nodes can rule a pod out: with no node known at all, it waits. */
  private boolean couldEverFit(Demand demand) {
    return allNodes.isEmpty() || allNodes.stream().anyMatch(node -> takesWhenEmpty(node, demand));
  }

  private boolean takesWhenEmpty(MemberNode node, Demand demand) {
    return node.admitted()
        && demand.request().fitsInto(node.allocatable())
        && demand.requirements().allow(node)
        && quota(node.key().member())
            .map(quota -> quota.limited(demand.request()).fitsInto(quota.hard))
            .orElse(true);
  }

  private Decision hold(Demand demand) {
    var message = explain(demand);
    Room best = null;
    double leastLack = Double.MAX_VALUE;
    for (var room : rooms) {
      if (takesWhenEmpty(room.node, demand)) {
        double lack = room.lack(demand.request());
        if (best == null
            || lack < leastLack
            || (lack == leastLack && room.freeCpu() > best.freeCpu())) {
          best = room;
          leastLack = lack;
        }
      }
    }
    if (best == null) {
      return new Decision.Waits(Optional.empty(), message);
    }
    best.hold(demand.request());
    return new Decision.Waits(Optional.of(best.node.key()), message);
  }

  private Optional<Quota> quota(String member) {
    return quotas.computeIfAbsent(
        member,
        name ->
            ledger.quota(name).map(hard -> new Quota(hard, ledger.quotaLeft(name).orElse(hard))));
  }

  /**
   * The scheduler's form: {@code 0/3 nodes are available: 2 Insufficient cpu, 1 node(s) held …}.
   */
  private String explain(Demand demand) {
    var reasons = new TreeMap<String, Integer>();
    for (var room : rooms) {
      reasons.merge(room.reason(demand), 1, Integer::sum);
    }
    int unusable = allNodes.size() - rooms.size();
    if (unusable > 0) {
      reasons.merge("node(s) not usable", unusable, Integer::sum);
    }
    var text = new StringBuilder("0/").append(allNodes.size()).append(" nodes are available");
    var separator = ": ";
    for (var reason : reasons.entrySet()) {
      text.append(separator).append(reason.getValue()).append(' ').append(reason.getKey());
      separator = ", ";
    }
    return text.append('.').toString();
  }

  /** What a member's quota has left while a plan is being made. */
  private static final class Quota {
    private final Resources hard;
    private Resources free;
    private Resources held = Resources.NONE;

    Quota(Resources hard, Resources free) {
      this.hard = hard;
      this.free = free;
    }

    /** The part of a request that the quota limits. */
    Resources limited(Resources request) {
      return request.namedBy(hard);
    }
  }

  /** A node while a plan is being made. */
  private static final class Room {
    private final MemberNode node;
    private final @Nullable Quota quota;
    private Resources free;
    private Resources held = Resources.NONE;

    Room(Ledger.NodeRoom room, Optional<Quota> quota) {
      this.node = room.node();
      this.quota = quota.orElse(null);
      this.free = room.free();
    }

    boolean takesNow(Demand demand) {
      return demand.request().fitsInto(free.minus(held))
          && (quota == null
              || quota.limited(demand.request()).fitsInto(quota.free.minus(quota.held)))
          && demand.requirements().allow(node);
    }

    void place(Resources request) {
      free = free.minus(request);
      if (quota != null) {
        quota.free = quota.free.minus(quota.limited(request));
      }
    }

    void hold(Resources request) {
      held = held.plus(request);
      if (quota != null) {
        quota.held = quota.held.plus(quota.limited(request));
      }
    }

    /** The greatest part of the request, over all resources, that is not there yet. */
    double lack(Resources request) {
      double lack = lack(request, free.minus(held));
      return quota == null
          ? lack
          : Math.max(lack, lack(quota.limited(request), quota.free.minus(quota.held)));
    }

    private static double lack(Resources request, Resources room) {
      double greatest = 0;
      for (var name : request.names()) {
        long amount = request.get(name);
        if (amount > 0) {
          greatest = Math.max(greatest, (amount - room.get(name)) / (double) amount);
        }
      }
      return greatest;
    }

    String reason(Demand demand) {
      if (!demand.requirements().allow(node)) {
        return "node(s) didn't match Pod's node affinity/selector";
      }
      var lacking = demand.request().firstLackingIn(free);
      if (lacking != null) {
        return "Insufficient " + lacking;
      }
      var beyondQuota =
          quota == null ? null : quota.limited(demand.request()).firstLackingIn(quota.free);
      return beyondQuota == null
          ? "node(s) held for an earlier pod"
          : "node(s) of a member with insufficient quota of " + beyondQuota;
    }

    long freeCpu() {
      return free.minus(held).get(Resources.CPU);
    }
  }
}
