package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.placement.NodeRequirements.Answer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks for nodes of one class that can take one demand. */
final class ClassSearch {

  // However the amounts are spread: when so many subtrees have been looked into, a node that lacks
  // little will do.
  private static final int MOST_LOOKS = 512;

  private final Demand demand;
  private final NodeClass of;
  private final Quotas quotas;
  private final Answer labels;
  private final long @Nullable [] wanted; // by dimension; null if the class has not all resources
  private int refused;

  /**
   * A node or the best that any node of a subtree could be, for a demand that has to wait.
   *
   * @param lack in thousandths of the request, see {@link Lack}
   */
  record Bound(IndexedNode node, boolean isSubtree, long lack, long cpu) {
    static final Comparator<Bound> LEAST_LACK =
        Comparator.comparingLong(Bound::lack)
            .thenComparing(Bound::cpu, Comparator.reverseOrder())
            .thenComparing(Bound::node);
  }

  ClassSearch(Demand demand, NodeClass of, Set<String> labelKeys, Quotas quotas) {
    this.demand = demand;
    this.of = of;
    this.quotas = quotas;
    this.wanted = wanted(demand.request(), of);
    this.labels =
        wanted == null ? Answer.NO : demand.requirements().ask(labelKeys, of.key.labels());
  }

  private static long @Nullable [] wanted(Resources request, NodeClass of) {
    var wanted = new long[of.dimensions()];
    Arrays.fill(wanted, Long.MIN_VALUE); // what is not requested always fits
    wanted[0] = 1; // a node that takes pods
    for (var name : request.names()) {
      long amount = request.get(name);
      int dimension = of.dimension(name);
      if (amount > 0 && dimension < 0) {
        return null;
      }
      if (amount > 0) {
        wanted[dimension] = amount;
      }
    }
    return wanted;
  }

  /** How much of its nodes this demand would waste, see {@link NodeClass#wasted}. */
  int wasted() {
    return of.wasted(demand.request());
  }

  /** How many nodes with enough of all resources were looked at in vain, for their labels. */
  int refused() {
    return refused;
  }

  /** Whether this node has room now. */
  boolean takes(IndexedNode node) {
    return wanted != null
        && node.hasRoom(wanted)
        && quotas.takes(node.key.member(), demand)
        && allows(node);
  }

  /** Whether this node would have room if it were empty. */
  boolean couldTake(IndexedNode node) {
    return wanted != null
        && node.hasAllocatable(wanted)
        && quotas.couldTake(node.key.member(), demand)
        && allows(node);
  }

  /** Whether any node of the class would have room if it were empty. */
  boolean couldTake() {
    return wanted != null
        && labels != Answer.NO
        && (of.key.member().isEmpty() || quotas.couldTake(of.key.member().get(), demand))
        && anyCouldTake(of.tree.root(), wanted);
  }

  private boolean anyCouldTake(@Nullable IndexedNode tree, long[] amounts) {
    for (var at = tree; at != null && at.mayHaveAllocatable(amounts); at = at.right) {
      if ((at.hasAllocatable(amounts) && allows(at)) || anyCouldTake(at.left, amounts)) {
        return true;
      }
    }
    return false;
  }

  /** The first node in order that has room now, if it comes before the best one so far. */
  @Nullable IndexedNode first(@Nullable IndexedNode best) {
    var root = of.tree.root();
    return wanted == null
            || root == null
            || labels == Answer.NO
            || !root.mayHaveRoom(wanted)
            || (of.key.member().isPresent() && !quotas.takes(of.key.member().get(), demand))
        ? null
        : first(root, wanted, best);
  }

  private @Nullable IndexedNode first(
      @Nullable IndexedNode tree, long[] amounts, @Nullable IndexedNode best) {
    for (var at = tree; at != null && at.mayHaveRoom(amounts); at = at.right) {
      var before = first(at.left, amounts, best);
      if (before != null) {
        return before;
      }
      if (best != null && best.compareTo(at) < 0) {
        return null;
      }
      if (at.hasRoom(amounts) && allows(at)) {
        return at;
      }
    }
    return null;
  }

  /**
   * The usable node that lacks least of the request among those that could take it when empty; of
   * several the one with the most spare cpu.
   *
   * @param avoided nodes that are out of the question
   */
  @Nullable Bound leastLack(Set<NodeKey> avoided) {
    var root = of.tree.root();
    if (wanted == null
        || root == null
        || labels == Answer.NO
        || (of.key.member().isPresent() && !quotas.couldTake(of.key.member().get(), demand))) {
      return null;
    }
    var queue = new PriorityQueue<>(Bound.LEAST_LACK);
    Bound best = null;
    addSubtree(queue, root, wanted);
    for (int looks = 0; !queue.isEmpty() && (best == null || looks < MOST_LOOKS); looks++) {
      var next = queue.remove();
      if (!next.isSubtree) {
        return next;
      }
      var node = next.node;
      if (node.room(0) > 0
          && node.hasAllocatable(wanted)
          && !avoided.contains(node.key)
          && allows(node)) {
        var bound = bound(node);
        best = best == null || Bound.LEAST_LACK.compare(bound, best) < 0 ? bound : best;
        queue.add(bound);
      }
      addSubtree(queue, node.left, wanted);
      addSubtree(queue, node.right, wanted);
    }
    return best;
  }

  private void addSubtree(PriorityQueue<Bound> queue, @Nullable IndexedNode tree, long[] amounts) {
    if (tree != null && tree.mostRoom(0) > 0 && tree.mayHaveAllocatable(amounts)) {
      long lack = quotaLack(tree);
      for (int d = 1; d < amounts.length; d++) {
        lack = Math.max(lack, Lack.of(amounts[d], tree.mostRoom(d)));
      }
      int cpu = of.dimension(Resources.CPU);
      queue.add(new Bound(tree, true, lack, cpu < 0 ? 0 : tree.mostRoom(cpu)));
    }
  }

  /** How much a node lacks. */
  Bound bound(IndexedNode node) {
    long lack = quotas.lack(node.key.member(), demand);
    for (int d = 1; wanted != null && d < wanted.length; d++) {
      lack = Math.max(lack, Lack.of(wanted[d], node.room(d)));
    }
    return new Bound(node, false, lack, node.room(of, Resources.CPU));
  }

  private long quotaLack(IndexedNode tree) {
    return of.key.member().isEmpty() ? 0 : quotas.lack(tree.key.member(), demand);
  }

  private boolean allows(IndexedNode node) {
    if (labels != Answer.DEPENDS || demand.requirements().allow(node.facts)) {
      return labels != Answer.NO;
    }
    refused++;
    return false;
  }
}
