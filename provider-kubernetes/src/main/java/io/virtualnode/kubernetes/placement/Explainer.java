package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Says why nodes do not take a pod. Looks at every node, so its texts are used again for pods that
 * ask for the same, until a hundredth of the nodes have changed.
 */
final class Explainer {

  private static final int MOST_TEXTS = 64;

  private final Ledger ledger;
  private final NodeIndex index;
  private final Quotas quotas;
  private final Map<Shape, Text> texts = new HashMap<>();

  private record Shape(Resources request, NodeRequirements requirements, Scope scope) {}

  private record Text(String text, long changes) {}

  Explainer(Ledger ledger, NodeIndex index, Quotas quotas) {
    this.ledger = ledger;
    this.index = index;
    this.quotas = quotas;
  }

  /** The text over all nodes. */
  String text(Demand demand) {
    var shape = new Shape(demand.request(), demand.requirements(), demand.scope());
    var known = texts.get(shape);
    if (known != null && index.changes() - known.changes <= index.size() / 100) {
      return known.text;
    }
    if (texts.size() == MOST_TEXTS) {
      texts.clear();
    }
    var text = explain(demand).toString();
    texts.put(shape, new Text(text, index.changes()));
    return text;
  }

  Explanation explain(Demand demand) {
    var total = new Count();
    var members = new TreeMap<String, Count>();
    index.forEach(
        demand.scope(),
        node -> {
          var member = node.key.member();
          if (!ledger.isRetired(member)) {
            var reasons = reasons(node, demand);
            total.add(reasons);
            members.computeIfAbsent(member, m -> new Count()).add(reasons);
          }
        });
    var byMember = new TreeMap<String, Explanation.Counts>();
    members.forEach((member, count) -> byMember.put(member, count.toCounts()));
    return new Explanation(total.toCounts(), byMember);
  }

  private static final class Count {
    private int nodes;
    private int available;
    private final SortedMap<String, Integer> reasons = new TreeMap<>();

    void add(List<String> ofNode) {
      nodes++;
      available += ofNode.isEmpty() ? 1 : 0;
      ofNode.forEach(reason -> reasons.merge(reason, 1, Integer::sum));
    }

    Explanation.Counts toCounts() {
      return new Explanation.Counts(nodes, available, reasons);
    }
  }

  /**
   * Why the node does not take the pod: the first that applies, in the order of kube-scheduler's
   * plugins, but all resources of which there is not enough. None if it takes it.
   */
  private List<String> reasons(IndexedNode node, Demand demand) {
    if (!node.room.isUsable()) {
      return List.of(node.room.obstacle());
    }
    if (!demand.requirements().allow(node.facts)) {
      return List.of("node(s) didn't match Pod's node affinity/selector");
    }
    var request = demand.request();
    var free = node.room.free().minus(node.placed);
    if (!request.fitsInto(free)) {
      return request.lackingIn(free).stream().map(Explainer::insufficient).toList();
    }
    var member = node.key.member();
    var limited = quotas.limited(member, demand);
    var left = quotas.left(member, demand);
    if (!limited.fitsInto(left)) {
      return limited.lackingIn(left).stream()
          .map(name -> "node(s) of a member with insufficient quota of " + name)
          .toList();
    }
    var room = node.roomFor(demand.proxyUid(), ledger);
    if (!request.fitsInto(room.plus(node.held))) {
      return List.of("node(s) with room collected for another pod");
    }
    boolean held = !request.fitsInto(room) || !quotas.takes(member, demand);
    return held ? List.of("node(s) held for an earlier pod") : List.of();
  }

  private static String insufficient(String resource) {
    return resource.equals(Resources.PODS)
        ? Explanation.TOO_MANY
        : Explanation.INSUFFICIENT + resource;
  }
}
