package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What placement must decide, worked out in the plainest way: by looking at every node. */
final class LinearPlan {

  private static final Set<String> COMMON = Set.of("cpu", "memory", "ephemeral-storage", "pods");

  private final Ledger ledger;
  private final Strategy strategy;
  private final Map<String, Integer> weights;
  private final Map<NodeKey, Resources> rooms = new HashMap<>(); // of usable nodes
  private final Map<String, Resources> quotas = new HashMap<>();
  private final List<MemberNode> nodes = new ArrayList<>();

  LinearPlan(Ledger ledger, Strategy strategy, Map<String, Integer> weights) {
    this.ledger = ledger;
    this.strategy = strategy;
    this.weights = weights;
    ledger.forEachNode(
        node -> {
          if (!ledger.isRetired(node.key().member())) {
            nodes.add(node);
          }
        });
    ledger.forEachUsable(room -> rooms.put(room.node().key(), room.free()));
    ledger
        .claims()
        .values()
        .forEach(c -> rooms.computeIfPresent(c.node(), (n, room) -> room.minus(c.share())));
  }

  /** The decisions, without messages. */
  List<Decision> plan(List<Demand> waiting) {
    return waiting.stream().map(this::decide).toList();
  }

  private Decision decide(Demand demand) {
    var claim = ledger.claim(demand.proxyUid());
    if (claim.isPresent() && isUsable(claim.get().node(), demand)) {
      var node = claim.get().node();
      var rest = room(node);
      rooms.put(node, rest.nonNegative().plus(claim.get().share()));
      boolean fits = fitsNow(nodeOf(node), demand);
      rooms.put(node, rest);
      if (fits) {
        take(node, demand.request());
        takeOfQuota(node.member(), demand.request());
        return new Decision.Placed(node);
      }
    }
    var best = nodes.stream().filter(node -> fitsNow(node, demand)).min(preference(demand));
    if (best.isPresent()) {
      take(best.get().key(), demand.request());
      takeOfQuota(best.get().key().member(), demand.request());
      return new Decision.Placed(best.get().key());
    }
    var collecting = collectingForNobodyBound(demand);
    if (collecting.isPresent()) {
      take(collecting.get().key(), demand.request());
      takeOfQuota(collecting.get().key().member(), demand.request());
      return new Decision.Placed(collecting.get().key());
    }
    boolean anyInScope = nodes.stream().anyMatch(node -> demand.scope().contains(node.key()));
    if (anyInScope && nodes.stream().noneMatch(node -> fitsEmpty(node, demand))) {
      return new Decision.NeverFits("");
    }
    return hold(demand);
  }

  /** Where every node that could ever take it collects for pods that are not bound. */
  private Optional<MemberNode> collectingForNobodyBound(Demand demand) {
    var shares = new HashMap<NodeKey, Resources>();
    ledger
        .claims()
        .forEach(
            (uid, claim) -> {
              if (!ledger.isCounted(uid)) {
                shares.merge(claim.node(), claim.share(), Resources::plus);
              }
            });
    boolean elsewhere =
        nodes.stream()
            .anyMatch(
                node ->
                    rooms.containsKey(node.key())
                        && fitsEmpty(node, demand)
                        && !shares.containsKey(node.key()));
    if (shares.isEmpty() || elsewhere) {
      return Optional.empty();
    }
    shares.forEach((node, share) -> rooms.computeIfPresent(node, (n, room) -> room.plus(share)));
    var best =
        nodes.stream()
            .filter(node -> shares.containsKey(node.key()) && fitsNow(node, demand))
            .toList();
    shares.forEach((node, share) -> rooms.computeIfPresent(node, (n, room) -> room.minus(share)));
    return best.stream().min(preference(demand));
  }

  private Decision hold(Demand demand) {
    var claim = ledger.claim(demand.proxyUid());
    var possible =
        nodes.stream()
            .filter(node -> rooms.containsKey(node.key()) && fitsEmpty(node, demand))
            .toList();
    var best =
        possible.stream()
            .min(
                Comparator.<MemberNode>comparingLong(node -> lack(node, demand))
                    .thenComparingInt(node -> wasted(node, demand))
                    .thenComparingLong(node -> -room(node.key()).get("cpu"))
                    .thenComparing(preference(demand)));
    if (claim.isPresent()
        && possible.stream().anyMatch(node -> node.key().equals(claim.get().node()))) {
      var node = claim.get().node();
      take(node, demand.request().minus(claim.get().share()));
      takeOfQuota(node.member(), demand.request());
      return new Decision.Waits(Optional.of(node), "");
    }
    best.ifPresent(
        node -> {
          take(node.key(), demand.request());
          takeOfQuota(node.key().member(), demand.request());
        });
    return new Decision.Waits(best.map(MemberNode::key), "");
  }

  private boolean isUsable(NodeKey key, Demand demand) {
    return rooms.containsKey(key) && demand.scope().contains(key);
  }

  private boolean fitsNow(MemberNode node, Demand demand) {
    return isUsable(node.key(), demand)
        && demand.requirements().allow(node)
        && demand.request().fitsInto(room(node.key()))
        && limited(node, demand).fitsInto(quotaLeft(node, demand));
  }

  private boolean fitsEmpty(MemberNode node, Demand demand) {
    return node.admitted()
        && demand.scope().contains(node.key())
        && demand.requirements().allow(node)
        && demand.request().fitsInto(node.allocatable())
        && limited(node, demand).fitsInto(ledger.quota(node.key().member()).orElse(Resources.NONE));
  }

  private Resources limited(MemberNode node, Demand demand) {
    return ledger
        .quota(node.key().member())
        .map(hard -> demand.request().namedBy(hard))
        .orElse(Resources.NONE);
  }

  private Resources quotaLeft(MemberNode node, Demand demand) {
    var member = node.key().member();
    var forIt = ledger.quotaLeft(member, demand.proxyUid()).orElse(Resources.NONE);
    var forOthers = ledger.quotaLeft(member, "nobody").orElse(Resources.NONE);
    var left = forOthers.minus(quotas.getOrDefault(member, Resources.NONE));
    return forIt.equals(forOthers) ? left : left.nonNegative().plus(forIt.minus(forOthers));
  }

  private void take(NodeKey node, Resources request) {
    rooms.computeIfPresent(node, (n, room) -> room.minus(request));
  }

  private void takeOfQuota(String member, Resources request) {
    quotas.merge(member, request, Resources::plus);
  }

  private long lack(MemberNode node, Demand demand) {
    return Math.max(
        lack(demand.request(), room(node.key())),
        lack(limited(node, demand), quotaLeft(node, demand)));
  }

  private static long lack(Resources request, Resources room) {
    long greatest = 0;
    for (var name : request.names()) {
      long amount = request.get(name);
      long lacking = amount - room.get(name);
      if (amount > 0 && lacking > 0) {
        greatest = Math.max(greatest, (lacking * 1000 + amount - 1) / amount);
      }
    }
    return greatest;
  }

  private Comparator<MemberNode> preference(Demand demand) {
    return Comparator.<MemberNode>comparingInt(node -> wasted(node, demand))
        .thenComparingLong(this::rank)
        .thenComparingLong(this::score)
        .thenComparing(MemberNode::key);
  }

  private long rank(MemberNode node) {
    return strategy == Strategy.WEIGHTED ? -weights.getOrDefault(node.key().member(), 0) : 0;
  }

  private long score(MemberNode node) {
    return strategy == Strategy.SPREAD
        ? -share(node, "cpu") - share(node, "memory")
        : room(node.key()).get("cpu");
  }

  private long share(MemberNode node, String resource) {
    long allocatable = node.allocatable().get(resource);
    return allocatable == 0 ? 0 : (room(node.key()).get(resource) * (1L << 20)) / allocatable;
  }

  private static int wasted(MemberNode node, Demand demand) {
    return (int)
        node.allocatable().names().stream()
            .filter(name -> !COMMON.contains(name))
            .filter(name -> node.allocatable().get(name) > 0 && demand.request().get(name) <= 0)
            .count();
  }

  private Resources room(NodeKey key) {
    return rooms.getOrDefault(key, Resources.NONE);
  }

  private MemberNode nodeOf(NodeKey key) {
    return nodes.stream().filter(node -> node.key().equals(key)).findFirst().orElseThrow();
  }
}
