package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts a {@link Ledger} anew from its facts alone (pods, proxies, reservations, nodes), by none
 * of the lists and sums that the ledger keeps for speed, and compares.
 */
final class Recount {

  private final MemberAccounts members;
  private final ProxyAccounts proxies;
  private final Map<NodeAccount, Sums> nodes = new HashMap<>();
  private final Map<MemberAccount, Tally> underQuota = new HashMap<>();
  private final Map<ProxyAccount, Integer> delegates = new HashMap<>();
  private final Tally spare = new Tally(); // of all members
  private int drift;

  private static final class Sums {
    private final Tally others = new Tally();
    private final Tally ours = new Tally();
    private int pods;
    private int slots;
  }

  Recount(MemberAccounts members, ProxyAccounts proxies) {
    this.members = members;
    this.proxies = proxies;
  }

  int drift() {
    var scopes = new ScopeSums();
    members.all().forEach(this::countPods);
    proxies.all().forEach(proxy -> countProxy(proxy, scopes));
    members.all().forEach(this::compare);
    check(spare.toResources().equals(members.spare()));
    nodes.keySet().forEach(node -> check(members.find(node.key) == node));
    for (var proxy : proxies.all()) {
      check(scopes.ours(proxy.scope).equals(proxies.sums().ours(proxy.scope)));
      check(scopes.credits(proxy.scope).equals(proxies.sums().credits(proxy.scope)));
      check(scopes.waiting(proxy.scope).equals(proxies.sums().waiting(proxy.scope)));
    }
    return drift;
  }

  private void check(boolean agrees) {
    drift += agrees ? 0 : 1;
  }

  private void countPods(MemberAccount member) {
    var quotaUse = underQuota.computeIfAbsent(member, m -> new Tally());
    for (var pod : member.pods.values()) {
      if (pod.node != null) {
        var sums = sums(pod.node);
        sums.others.add(pod.request);
        sums.pods++;
      }
      if (pod.underQuota) {
        quotaUse.add(pod.request);
      }
      if (pod.proxy != null) {
        delegates.merge(pod.proxy, 1, Integer::sum);
      }
    }
  }

  private void countProxy(ProxyAccount proxy, ScopeSums scopes) {
    int listed = 0;
    for (var pod = proxy.delegates(); pod != null; pod = pod.next) {
      check(pod.proxy == proxy && pod.member.pods.get(pod.uid) == pod);
      listed++;
    }
    check(listed == delegates.getOrDefault(proxy, 0));
    scopes.add(proxy);
    check(proxy.credit == null || (proxy.slotNode == null && proxy.credit.equals(proxy.request)));
    var slot = proxy.choose(members);
    check(slot == null ? proxy.slotNode == null : isKept(proxy, slot));
    if (slot != null) {
      var sums = sums(slot.node());
      sums.slots++;
      sums.ours.add(proxy.countedOf(slot));
      sums.others.subtract(proxy.countedOf(slot));
      if (slot.delegate() == null || slot.delegate().node == null) {
        sums.others.add(slot.held());
      }
      if (slot.delegate() == null) {
        underQuota.computeIfAbsent(slot.node().member, m -> new Tally()).add(slot.held());
      }
    }
  }

  private static boolean isKept(ProxyAccount proxy, ProxyAccount.Slot slot) {
    return proxy.slotNode == slot.node()
        && proxy.slotDelegate == slot.delegate()
        && proxy.held.equals(slot.held())
        && proxy.counted.equals(proxy.countedOf(slot));
  }

  private void compare(MemberAccount member) {
    var spareOfMember = new Tally();
    var naming = new HashMap<String, Integer>();
    for (var node : member.nodes.values()) {
      compare(node, nodes.get(node));
      spareOfMember.add(spareOf(node));
      node.allocatable().names().forEach(name -> naming.merge(name, 1, Integer::sum));
    }
    check(spareOfMember.toResources().equals(member.spare.toResources()));
    spare.add(spareOfMember.toResources());
    check(naming.equals(member.naming));
    var quotaUse = underQuota.getOrDefault(member, new Tally());
    check(quotaUse.toResources().equals(member.underQuota.toResources()));
  }

  private void compare(NodeAccount node, @Nullable Sums sums) {
    var others = sums == null ? Resources.NONE : sums.others.toResources();
    var ours = sums == null ? Resources.NONE : sums.ours.toResources();
    var allocatable = node.allocatable();
    var free = allocatable.minus(others.plus(ours).namedBy(allocatable));
    check(
        node.others().equals(others)
            && node.ours().equals(ours)
            && node.free().equals(free)
            && node.pods.count() == (sums == null ? 0 : sums.pods)
            && node.counted.count() == (sums == null ? 0 : sums.slots)
            && node.spare().equals(spareOf(node))
            && !node.isEmpty());
  }

  /** What the node may offer beyond ours: what is free, less what incomplete claims withhold. */
  private static Resources spareOf(NodeAccount node) {
    var facts = node.facts;
    if (facts == null || !facts.usable() || !node.member.isInForce()) {
      return Resources.NONE;
    }
    var spare = node.free().nonNegative();
    for (var claim : node.claims) {
      spare = spare.minus(claim.withheld().namedBy(spare));
    }
    return spare;
  }

  private Sums sums(NodeAccount node) {
    return nodes.computeIfAbsent(node, n -> new Sums());
  }
}
