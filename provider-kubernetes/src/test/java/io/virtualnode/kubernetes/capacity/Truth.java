package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a ledger must offer once everything of a {@link World} has been told, worked out from
 * scratch in the plainest way.
 */
final class Truth {

  private final World world;
  private final Map<NodeKey, Resources> free = new TreeMap<>(); // of usable nodes, not below 0
  private final Map<NodeKey, Resources> spare = new TreeMap<>(); // the same, less what is withheld
  private final Map<String, Resources> caps = new TreeMap<>(); // what quotas leave to offer
  private final Map<String, Resources> claimed = new HashMap<>(); // by pod
  private final Map<String, World.Claim> whole = new TreeMap<>(); // of unbound pods

  Truth(World world) {
    this.world = world;
    world.clusters.forEach(this::look);
    collect();
  }

  private void look(String member, World.Cluster cluster) {
    for (var node : cluster.nodes.values()) {
      if (cluster.fresh && !cluster.retired && !cluster.draining && node.usable()) {
        var left = node.allocatable().minus(usedOn(node.key()).namedBy(node.allocatable()));
        free.put(node.key(), left.nonNegative());
      }
    }
    if (cluster.quota != null) {
      caps.put(member, cluster.quota.minus(usedIn(member).namedBy(cluster.quota)));
    }
  }

  /** Claims take their shares of nodes and quotas, the oldest first. */
  private void collect() {
    spare.putAll(free);
    var left = new HashMap<>(free);
    var quotas = new HashMap<String, Resources>();
    caps.forEach((member, cap) -> quotas.put(member, cap.nonNegative()));
    world.claims.forEach(
        (uid, claim) -> {
          var member = claim.node().member();
          var room = left.getOrDefault(claim.node(), Resources.NONE);
          var quota = quotas.getOrDefault(member, Resources.NONE);
          var limited = claim.request().namedBy(quota);
          boolean hasAll = left.containsKey(claim.node()) && claim.request().fitsInto(room);
          var proxy = world.proxies.get(uid);
          boolean bound = proxy != null && proxy.counted;
          var share = claim.request().min(room);
          claimed.put(uid, share);
          left.computeIfPresent(claim.node(), (n, r) -> r.minus(share));
          if (!bound) {
            spare.computeIfPresent(claim.node(), (n, r) -> r.minus(share));
          }
          var quotaShare = limited.min(quota);
          quotas.put(member, quota.minus(quotaShare));
          if (!bound) {
            caps.computeIfPresent(member, (m, cap) -> cap.minus(quotaShare));
          }
          if (!bound && hasAll && limited.fitsInto(quota)) {
            whole.put(uid, claim);
          }
        });
  }

  /** What is collected for a pod. */
  Resources claimed(String uid) {
    return claimed.getOrDefault(uid, Resources.NONE);
  }

  /** What is left for new pods of the scope, plus what of ours is counted. */
  Resources offer(Scope scope) {
    var left = Resources.NONE;
    var sum = Resources.NONE;
    if (world.askedFor().contains(scope)) {
      left = left(scope);
      for (var other : world.allScopes()) {
        boolean formerly = !world.askedFor().contains(other) && overlaps(other, scope);
        left = formerly ? left.minus(unserved(other).namedBy(left)).nonNegative() : left;
      }
      sum = left.plus(wholeSlots(scope, left.minus(waiting(scope))));
    }
    for (var proxy : world.proxies.values()) {
      var slot = slotOf(proxy);
      if (isIn(scope, proxy) && proxy.counted && slot != null) {
        sum = sum.plus(slot.request().min(proxy.request));
      }
      if (isIn(scope, proxy) && proxy.credited) {
        sum = sum.plus(proxy.request.namedBy(known(scope)));
      }
    }
    return sum;
  }

  /** Whole slots, where what is left without them is not wanted by those who are bound. */
  private Resources wholeSlots(Scope scope, Resources left) {
    var sum = Resources.NONE;
    for (var claim : whole.values()) {
      boolean wanted =
          left.names().stream().anyMatch(n -> left.get(n) < 0 && claim.request().get(n) > 0);
      if (scope.contains(claim.node()) && !wanted) {
        sum = sum.plus(claim.request());
      }
    }
    return sum;
  }

  private static boolean isIn(Scope scope, World.Proxy proxy) {
    return scope.equals(proxy.scope);
  }

  /** Whether some node that there could be is in both. */
  private static boolean overlaps(Scope left, Scope right) {
    return World.allNodes().stream().anyMatch(node -> left.contains(node) && right.contains(node));
  }

  /** At least every resource that some node of the scope has. */
  private Resources known(Scope scope) {
    return world.clusters.values().stream()
        .flatMap(cluster -> cluster.nodes.values().stream())
        .filter(node -> scope.contains(node.key()))
        .map(MemberNode::allocatable)
        .reduce(Resources.NONE, Resources::plus);
  }

  /** What new pods of the scope could take, resource by resource; quotas go to the first nodes. */
  private Resources left(Scope scope) {
    var sum = Resources.NONE;
    var quotas = new HashMap<String, Resources>();
    caps.forEach((member, cap) -> quotas.put(member, cap.nonNegative()));
    for (var entry : spare.entrySet()) {
      var member = entry.getKey().member();
      var quota = quotas.get(member);
      var share = quota == null ? entry.getValue() : entry.getValue().cappedBy(quota);
      if (quota != null) {
        quotas.put(member, quota.minus(share.namedBy(quota)));
      }
      if (scope.contains(entry.getKey())) {
        sum = sum.plus(share);
      }
    }
    return sum;
  }

  /** What one more pod could take, resource by resource, over all nodes. */
  Resources free() {
    var sum = Resources.NONE;
    for (var entry : world.clusters.entrySet()) {
      var ofMember = Resources.NONE;
      for (var node : entry.getValue().nodes.values()) {
        ofMember = ofMember.plus(free.getOrDefault(node.key(), Resources.NONE));
      }
      var quota = entry.getValue().quota;
      if (quota != null) {
        ofMember = ofMember.cappedBy(quota.minus(usedIn(entry.getKey()).namedBy(quota)));
      }
      sum = sum.plus(ofMember.nonNegative());
    }
    return sum;
  }

  Resources bound(Scope scope) {
    return world.proxies.values().stream()
        .filter(proxy -> proxy.counted && isIn(scope, proxy))
        .map(proxy -> proxy.request)
        .reduce(Resources.NONE, Resources::plus);
  }

  /** What bound proxies ask for that may come to have a slot. */
  private Resources unserved(Scope scope) {
    var sum = Resources.NONE;
    for (var proxy : world.proxies.values()) {
      var slot = slotOf(proxy);
      if (proxy.counted && !proxy.credited && isIn(scope, proxy)) {
        sum = sum.plus(proxy.request);
        sum = slot == null ? sum : sum.minus(slot.request().min(proxy.request));
      }
    }
    return sum;
  }

  /** What bound proxies ask for beyond what their slots hold, less what is given back. */
  Resources waiting(Scope scope) {
    var sum = Resources.NONE;
    for (var proxy : world.proxies.values()) {
      var slot = slotOf(proxy);
      if (proxy.counted && isIn(scope, proxy)) {
        sum = sum.plus(proxy.request);
        sum = slot == null ? sum : sum.minus(slot.request().min(proxy.request));
        sum = proxy.credited ? sum.minus(proxy.request.namedBy(known(scope))) : sum;
      }
    }
    return sum;
  }

  private Resources usedOn(NodeKey node) {
    var used = Resources.NONE;
    for (var pod : world.cluster(node.member()).pods.values()) {
      if (pod.node().filter(node.node()::equals).isPresent()) {
        used = used.plus(pod.request());
      }
    }
    return used.plus(heldUnbound(node.member(), node.node(), true));
  }

  private Resources usedIn(String member) {
    var used = Resources.NONE;
    for (var pod : world.cluster(member).pods.values()) {
      used = used.plus(pod.request());
    }
    return used.plus(heldUnbound(member, null, false));
  }

  /** Reservations whose delegate is on no node yet, with or without those that are in the API. */
  private Resources heldUnbound(String member, @Nullable String node, boolean withListed) {
    var held = Resources.NONE;
    for (var proxy : world.proxies.values()) {
      var slot = slotOf(proxy);
      if (slot != null
          && slot.node().isEmpty()
          && proxy.reserved != null
          && proxy.reserved.member().equals(member)
          && (node == null || proxy.reserved.node().equals(node))
          && (withListed || !world.cluster(member).pods.containsKey(slot.uid()))) {
        held = held.plus(slot.request());
      }
    }
    return held;
  }

  /** The pod, existing or to come, that holds a proxy's slot. */
  private @Nullable MemberPod slotOf(World.Proxy proxy) {
    return world.slotOf(proxy);
  }
}
