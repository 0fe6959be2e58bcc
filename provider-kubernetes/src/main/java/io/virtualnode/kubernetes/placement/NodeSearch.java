package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks for a node for one demand, in all classes or among the few nodes that can be meant. */
final class NodeSearch {

  private final NodeIndex index;
  private final Demand demand;
  private final Quotas quotas;
  private final Ledger ledger;
  private final Set<NodeKey> avoided; // not to be waited for
  private final @Nullable List<IndexedNode> candidates;
  private final List<ClassSearch> classes = new ArrayList<>();

  /** A node that would take the demand, by what would be wasted of it and by order. */
  private record Found(IndexedNode node, int wasted) {
    private static final Comparator<Found> BEST_FIRST =
        Comparator.comparingInt(Found::wasted).thenComparing(Found::node);
  }

  NodeSearch(NodeIndex index, Demand demand, Quotas quotas, Ledger ledger, Set<NodeKey> avoided) {
    this.index = index;
    this.demand = demand;
    this.quotas = quotas;
    this.ledger = ledger;
    this.avoided = avoided;
    this.candidates = index.candidates(demand);
    if (candidates == null) {
      for (var group : index.classes(demand.scope())) {
        classes.add(index.search(demand, group, quotas));
      }
    }
  }

  /** The best node that has room now. */
  @Nullable IndexedNode first() {
    var claimed = claimed();
    if (claimed != null && takesClaimed(claimed)) {
      return claimed;
    }
    if (candidates != null) {
      return candidates.stream()
          .filter(node -> node.group != null && searchOf(node).takes(node))
          .map(node -> new Found(node, searchOf(node).wasted()))
          .min(Found.BEST_FIRST)
          .map(Found::node)
          .orElse(null);
    }
    IndexedNode best = null;
    int leastWasted = Integer.MAX_VALUE;
    for (var search : classes) {
      int wasted = search.wasted();
      if (wasted <= leastWasted) {
        var found = search.first(wasted < leastWasted ? null : best);
        if (found != null) {
          best = found;
          leastWasted = wasted;
        }
      }
    }
    return best;
  }

  /**
   * The best of these nodes that has room now.
   *
   * @param besides what each has besides the room that is nobody's
   */
  @Nullable IndexedNode firstWith(Map<NodeKey, Resources> besides) {
    return besides.keySet().stream()
        .filter(key -> demand.scope().contains(key))
        .map(index::find)
        .filter(node -> node != null && node.group != null && node.room.isUsable())
        .filter(node -> demand.requirements().allow(node.facts))
        .filter(
            node ->
                demand
                    .request()
                    .fitsInto(node.rest().plus(besides.getOrDefault(node.key, Resources.NONE))))
        .filter(node -> quotas.takes(node.key.member(), demand))
        .map(node -> new Found(node, searchOf(node).wasted()))
        .min(Found.BEST_FIRST)
        .map(Found::node)
        .orElse(null);
  }

  /** The node that collects room for this very pod. */
  private @Nullable IndexedNode claimed() {
    var claim = ledger.claim(demand.proxyUid());
    var node = claim.isEmpty() ? null : index.find(claim.get().node());
    return node == null || node.group == null || !demand.scope().contains(node.key) ? null : node;
  }

  private boolean takesClaimed(IndexedNode node) {
    return node.room.isUsable()
        && demand.request().fitsInto(node.roomFor(demand.proxyUid(), ledger))
        && quotas.takes(node.key.member(), demand)
        && demand.requirements().allow(node.facts);
  }

  /**
   * Whether any node would have room if it were empty. Only what is known of nodes can rule a pod
   * out: with no node known at all, it waits.
   */
  boolean couldEverTake() {
    if (!index.knowsAny(demand.scope())) {
      return true;
    }
    return candidates == null
        ? classes.stream().anyMatch(ClassSearch::couldTake)
        : candidates.stream().anyMatch(this::couldTake);
  }

  /** Whether this node would have room if it were empty. */
  boolean couldTake(IndexedNode node) {
    return node.group != null && searchOf(node).couldTake(node);
  }

  /**
   * The usable node that lacks least of the request, of those that could take it when empty: of
   * several the one before, then the one of which least is wasted, then the one with the most spare
   * cpu. A node that collects room for this very pod comes first of all.
   */
  @Nullable IndexedNode leastLack(@Nullable NodeKey before) {
    var claimed = claimed();
    if (claimed != null
        && claimed.room.isUsable()
        && !avoided.contains(claimed.key)
        && couldTake(claimed)) {
      return claimed;
    }
    Lacking best = null;
    var known = before == null ? null : index.find(before);
    if (known != null
        && demand.scope().contains(known.key)
        && known.room.isUsable()
        && couldTake(known)) {
      best = new Lacking(searchOf(known).bound(known), 0, -1);
    }
    if (candidates == null) {
      for (var search : classes) {
        best = better(best, search.leastLack(avoided), search.wasted());
      }
    } else {
      for (var node : candidates) {
        if (node.room.isUsable() && couldTake(node) && !avoided.contains(node.key)) {
          best = better(best, searchOf(node).bound(node), searchOf(node).wasted());
        }
      }
    }
    return best == null ? null : best.bound.node();
  }

  /** A node that has to be waited for. */
  private record Lacking(ClassSearch.Bound bound, int wasted, int turn) {
    private static final Comparator<Lacking> BEST_FIRST =
        Comparator.<Lacking>comparingLong(lacking -> lacking.bound.lack())
            .thenComparingInt(Lacking::turn)
            .thenComparingInt(Lacking::wasted)
            .thenComparing(Lacking::bound, ClassSearch.Bound.LEAST_LACK);
  }

  private static @Nullable Lacking better(
      @Nullable Lacking best, ClassSearch.@Nullable Bound bound, int wasted) {
    if (bound == null) {
      return best;
    }
    var other = new Lacking(bound, wasted, 0);
    return best == null || Lacking.BEST_FIRST.compare(other, best) < 0 ? other : best;
  }

  private ClassSearch searchOf(IndexedNode node) {
    var group = node.group;
    if (group == null) {
      throw new IllegalStateException(node.key + " is in no class");
    }
    return index.search(demand, group, quotas);
  }

  /** How many nodes with enough of all resources were looked at in vain, for their labels. */
  int refused() {
    return classes.stream().mapToInt(ClassSearch::refused).sum();
  }
}
