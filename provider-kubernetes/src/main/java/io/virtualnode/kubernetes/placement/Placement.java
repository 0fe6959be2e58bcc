package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides where bound proxies go, oldest first.
 *
 * <p>A proxy goes to the first node in the {@linkplain Strategy strategy's} order that it fits;
 * nodes with resources of which it asks nothing, such as GPUs, come after those without. A proxy
 * that fits nowhere now has its request <em>held</em> on the node that lacks least of it: nothing
 * younger gets what it waits for there, nor what it will need besides, but what the node has left
 * over stays in use. Because the virtual node offers no more than is free minus what waits, a
 * younger proxy that was bound finds its room beside or elsewhere. A member's quota is one more
 * room that all its nodes share, and is held likewise.
 *
 * <p>Keeps an index of the ledger's nodes, so that a decision costs about the logarithm of their
 * number; the ledger tells it of every change. Not thread-safe: used under the ledger's lock.
 */
public final class Placement {

  private static final int LEAST_COST_OF_GROUPING = 64;

  private final Ledger ledger;
  private final NodeOrder order;
  private final NodeIndex index;
  private final Quotas quotas;
  private final Explainer explainer;
  private final Set<IndexedNode> planned = new LinkedHashSet<>();

  /** Observes the ledger from now on. */
  public Placement(Ledger ledger, Strategy strategy) {
    this(ledger, strategy, LEAST_COST_OF_GROUPING);
  }

  Placement(Ledger ledger, Strategy strategy, int leastCostOfGrouping) {
    this.ledger = ledger;
    this.order = new NodeOrder(strategy);
    this.index = new NodeIndex(ledger, order, new NodeGroups(leastCostOfGrouping));
    this.quotas = new Quotas(ledger);
    this.explainer = new Explainer(ledger, index, quotas);
    ledger.observe(index);
    index.forgetGrowth();
  }

  /** Prefers the members of greater weight from now on; one not named weighs 0. */
  public void setWeights(Map<String, Integer> byMember) {
    order.setWeights(byMember);
    index.classifyAll();
  }

  /**
   * Decides for all that wait, each decision seeing those before it, and changes nothing.
   *
   * @param waiting the proxies without a slot, oldest first
   * @return a decision for each, in the same order
   */
  public static List<Decision> plan(List<Demand> waiting, Ledger ledger) {
    var placement = new Placement(ledger, Strategy.PACK);
    try {
      return placement.plan(waiting);
    } finally {
      ledger.ignore(placement.index);
    }
  }

  /**
   * Decides for all that wait, each decision seeing those before it. What was held before is held
   * no more, and nothing is held afterwards.
   *
   * @param waiting the proxies without a slot, oldest first
   * @return a decision for each, in the same order
   */
  public List<Decision> plan(List<Demand> waiting) {
    releaseHeld();
    var decisions = new ArrayList<Decision>();
    for (int i = 0; i < waiting.size(); i++) {
      var demand = waiting.get(i);
      boolean last = i == waiting.size() - 1; // nobody sees what it takes
      var decision = decide(demand, Optional.empty(), !last);
      if (decision instanceof Decision.Placed placed && !last) {
        place(demand, placed.node());
      }
      decisions.add(decision);
    }
    releaseHeld();
    return decisions;
  }

  /**
   * Decides for one more proxy, younger than those for which something is held. If it has to wait,
   * its request is held from now until {@link #releaseHeld}.
   *
   * @param before the decision before this one, if it waited already: while that stays the same, so
   *     do its explanation and, where it is no worse than another, its node
   */
  public Decision decide(Demand demand, Optional<Decision> before) {
    return decide(demand, before, true);
  }

  private Decision decide(Demand demand, Optional<Decision> before, boolean hold) {
    var search = new NodeSearch(index, demand, quotas, ledger, Set.of());
    var decision = decide(demand, before, hold, search);
    index.payFor(demand, search.refused());
    return decision;
  }

  private Decision decide(
      Demand demand, Optional<Decision> before, boolean hold, NodeSearch search) {
    var found = search.first();
    if (found == null) {
      found = collectingForNobodyBound(demand);
    }
    if (found != null) {
      return new Decision.Placed(found.key);
    }
    if (!search.couldEverTake()) {
      var message =
          before
              .filter(Decision.NeverFits.class::isInstance)
              .map(never -> ((Decision.NeverFits) never).message())
              .orElseGet(() -> explainer.text(demand));
      return new Decision.NeverFits(message);
    }
    var waits =
        before
            .filter(Decision.Waits.class::isInstance)
            .map(Decision.Waits.class::cast)
            .orElse(null);
    var message = waits == null ? explainer.text(demand) : waits.message();
    var node = search.leastLack(waits == null ? null : waits.held().orElse(null));
    if (node != null && hold) {
      hold(demand, node);
    }
    return new Decision.Waits(Optional.ofNullable(node).map(n -> n.key), message);
  }

  /**
   * A node with room that is being collected for a pod which is not bound yet, for a demand that no
   * other node could ever take: what is bound was promised room, and neither would ever get it if
   * each waited for the other.
   */
  private @Nullable IndexedNode collectingForNobodyBound(Demand demand) {
    var collected = new HashMap<NodeKey, Resources>();
    ledger
        .claims()
        .forEach(
            (uid, claim) -> {
              if (!ledger.isCounted(uid)) {
                collected.merge(claim.node(), claim.share(), Resources::plus);
              }
            });
    if (collected.isEmpty()) {
      return null;
    }
    var elsewhere = new NodeSearch(index, demand, quotas, ledger, collected.keySet());
    return elsewhere.leastLack(null) == null ? elsewhere.firstWith(collected) : null;
  }

  /** The node that it would get now, beside what is held; empty if none has room. */
  public Optional<NodeKey> choice(Demand demand) {
    var found = new NodeSearch(index, demand, quotas, ledger, Set.of()).first();
    return found == null ? Optional.empty() : Optional.of(found.key);
  }

  /**
   * The node that lacks least of what a pod asks for which is not bound yet; empty if some node has
   * room for it, or none could ever take it.
   *
   * @param avoided nodes that are out of the question
   */
  Optional<NodeKey> whereToCollect(Demand demand, Set<NodeKey> avoided) {
    var search = new NodeSearch(index, demand, quotas, ledger, avoided);
    var node = search.first() == null ? search.leastLack(null) : null;
    return Optional.ofNullable(node).map(found -> found.key);
  }

  /** Whether the node is usable and could take the pod if it were empty. */
  boolean canCollect(Demand demand, NodeKey key) {
    var node = index.find(key);
    return node != null
        && node.room.isUsable()
        && demand.scope().contains(key)
        && new NodeSearch(index, demand, quotas, ledger, Set.of()).couldTake(node);
  }

  /** Nothing is held any more, so that it can be decided anew for all that wait. */
  public void releaseHeld() {
    index.forgetGrowth();
    for (var node : planned) {
      node.placed = Resources.NONE;
      node.held = Resources.NONE;
      index.update(node);
    }
    planned.clear();
    quotas.clear();
  }

  /** Whether anything may have got more room since {@link #releaseHeld}. */
  public boolean hasGrown() {
    return index.hasGrown();
  }

  /** Another number after every change to the nodes, their room, or what is held of it. */
  public long version() {
    return index.changes();
  }

  /** Why the nodes do not take the pod, or how many do, as of now. */
  public Explanation explain(Demand demand) {
    return explainer.explain(demand);
  }

  private void place(Demand demand, NodeKey key) {
    var node = index.find(key);
    if (node != null) {
      node.placed = node.placed.plus(demand.request());
      quotas.place(key.member(), demand.request());
      planned.add(node);
      index.update(node);
    }
  }

  private void hold(Demand demand, IndexedNode node) {
    var share = node.shareOf(demand.proxyUid(), ledger);
    node.held = node.held.plus(demand.request().minus(share));
    quotas.hold(node.key.member(), demand.request());
    planned.add(node);
    index.update(node);
  }
}
