package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Decides where bound proxies go, oldest first.
 *
 * <p>A proxy goes to the node with the least free cpu among those it fits (best fit), so that whole
 * slots stay free for wide ones. A proxy that fits nowhere now gets a node <em>held</em>: the one
 * that lacks least; nothing younger is placed there until the proxy is. Because the node offers no
 * more than is free minus what waits, a younger proxy that was bound always finds its room on
 * another node.
 */
public final class Placement {

  private final List<Room> rooms = new ArrayList<>();
  private final List<MemberNode> allNodes = new ArrayList<>();

  private Placement(Ledger ledger) {
    ledger.forEachUsable(room -> rooms.add(new Room(room.node(), room.free())));
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
      if (!room.held
          && demand.request().fitsInto(room.free)
          && demand.requirements().allow(room.node)
          && (best == null || room.freeCpu() < best.freeCpu())) {
        best = room;
      }
    }
    if (best != null) {
      best.free = best.free.minus(demand.request());
      return new Decision.Placed(best.node.key());
    }
    return couldEverFit(demand)
        ? new Decision.Waits(hold(demand), explain(demand))
        : new Decision.NeverFits(explain(demand));
  }

  /** Only what is known of nodes can rule a pod out: with no node known at all, it waits. */
  private boolean couldEverFit(Demand demand) {
    return allNodes.isEmpty()
        || allNodes.stream()
            .anyMatch(
                node ->
                    demand.request().fitsInto(node.allocatable())
                        && demand.requirements().allow(node));
  }

  private Optional<NodeKey> hold(Demand demand) {
    Room best = null;
    for (var room : rooms) {
      if (!room.held
          && demand.request().fitsInto(room.node.allocatable())
          && demand.requirements().allow(room.node)
          && (best == null || room.freeCpu() > best.freeCpu())) {
        best = room;
      }
    }
    if (best == null) {
      return Optional.empty();
    }
    best.held = true;
    return Optional.of(best.node.key());
  }

  /**
   * The scheduler's form: {@code 0/3 nodes are available: 2 Insufficient cpu, 1 node(s) held …}.
   */
  private String explain(Demand demand) {
    var reasons = new TreeMap<String, Integer>();
    for (var room : rooms) {
      reasons.merge(reason(demand, room), 1, Integer::sum);
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

  private static String reason(Demand demand, Room room) {
    if (!demand.requirements().allow(room.node)) {
      return "node(s) didn't match Pod's node affinity/selector";
    }
    var lacking = demand.request().firstLackingIn(room.free);
    return lacking == null ? "node(s) held for an earlier pod" : "Insufficient " + lacking;
  }

  /** A node while a plan is being made. */
  private static final class Room {
    private final MemberNode node;
    private Resources free;
    private boolean held;

    Room(MemberNode node, Resources free) {
      this.node = node;
      this.free = free;
    }

    long freeCpu() {
      return free.get(Resources.CPU);
    }
  }
}
