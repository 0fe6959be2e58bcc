package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All proxies of a {@link Ledger}, and the room on the members' nodes that follows from them. */
final class ProxyAccounts {

  private final Map<Object, ProxyAccount> proxies = new HashMap<>(); // see Uid
  private final Map<Object, Claim> claims = new HashMap<>(); // see Uid
  private final MemberAccounts members;
  private final Interned interned;
  private final ScopeSums sums = new ScopeSums();
  private long turns;

  ProxyAccounts(MemberAccounts members, Interned interned) {
    this.members = members;
    this.interned = interned;
  }

  ProxyAccount proxy(String uid) {
    var key = Uid.of(requireNonNull(uid, "proxyUid is null"));
    var proxy = proxies.get(key);
    if (proxy == null) {
      proxy = new ProxyAccount(key);
      proxies.put(key, proxy);
    }
    return proxy;
  }

  @Nullable ProxyAccount find(String uid) {
    return proxies.get(Uid.of(uid));
  }

  Collection<ProxyAccount> all() {
    return proxies.values();
  }

  ScopeSums sums() {
    return sums;
  }

  /** Counts the proxy from now on, with this request and scope. */
  void count(ProxyAccount proxy, Resources request, Scope scope) {
    sums.subtract(proxy);
    proxy.request = request;
    proxy.scope = scope;
    if (proxy.credit != null) {
      proxy.credit = request;
    }
    sums.add(proxy);
    setBound(proxy, true);
    settle(proxy);
  }

  /** Counts the proxy no longer. */
  void uncount(ProxyAccount proxy) {
    credit(proxy, false);
    sums.subtract(proxy);
    proxy.request = null;
    sums.add(proxy);
    setBound(proxy, false);
    settle(proxy);
  }

  void credit(ProxyAccount proxy, boolean wanted) {
    sums.subtract(proxy);
    proxy.credit = wanted && proxy.slotNode == null ? proxy.request : null;
    sums.add(proxy);
  }

  /** Moves a proxy's slot to where it must be by what is known now. */
  void settle(ProxyAccount proxy) {
    var now = proxy.choose(members);
    sums.subtract(proxy);
    leave(proxy);
    if (now != null) {
      proxy.slotNode = now.node();
      proxy.held = now.held();
      proxy.slotDelegate = now.delegate();
      proxy.counted = interned.request(proxy.countedOf(now));
      proxy.credit = null;
      now.node().counted.add(proxy.counted);
      if (!proxy.isSlotTaken()) {
        now.node().pending.add(proxy.held);
      }
      members.touch(now.node());
      if (now.delegate() == null) { // which will be under the quota
        now.node().member.underQuota.add(now.held());
        members.touchQuota(now.node().member);
      }
      unclaim(proxy.uid);
    }
    sums.add(proxy);
    if (proxy.isEmpty()) {
      proxies.remove(proxy.uid);
    }
  }

  private void leave(ProxyAccount proxy) {
    var node = proxy.slotNode;
    if (node != null) {
      node.counted.remove(proxy.counted);
      if (!proxy.isSlotTaken()) {
        node.pending.remove(proxy.held);
      }
      members.touch(node);
      if (proxy.slotDelegate == null) {
        node.member.underQuota.subtract(proxy.held);
        members.touchQuota(node.member);
      }
      proxy.slotNode = null;
      proxy.slotDelegate = null;
      proxy.held = Resources.NONE;
      proxy.counted = Resources.NONE;
    }
  }

  /** A pod of the proxy is terminal or gone. */
  void ended(PodLine pod) {
    if (pod.proxy != null) {
      pod.proxy.ended(pod);
      settle(pod.proxy);
    }
  }

  /** A pod of the proxy never was on a node and never will be. */
  void dropped(PodLine pod) {
    if (pod.proxy != null) {
      pod.proxy.unlisted(pod);
      settle(pod.proxy);
    }
  }

  void claim(String uid, NodeKey nodeKey, Resources request) {
    var key = Uid.of(uid);
    var before = claims.get(key);
    if (before != null && before.node.key.equals(nodeKey) && before.request.equals(request)) {
      return;
    }
    unclaim(key);
    var proxy = proxies.get(key);
    if (proxy != null && proxy.slotNode != null) {
      return;
    }
    var node = members.node(nodeKey);
    var claim = new Claim(key, node, request, turns++);
    claim.bound = proxy != null && proxy.request != null;
    claims.put(key, claim);
    node.addClaim(claim);
    node.member.claims.add(claim);
    touch(claim);
  }

  void unclaim(Object uid) {
    var claim = claims.remove(uid);
    if (claim != null) {
      claim.node.removeClaim(claim);
      claim.node.member.claims.remove(claim);
      touch(claim);
    }
  }

  void setOffered(Object uid, boolean offered) {
    var claim = claims.get(uid);
    if (claim != null) {
      claim.offered = offered;
    }
  }

  /** The claims in the scope that are whole and can be offered beside so much spare room. */
  List<Claim> wholeIn(Scope scope, Resources spare) {
    if (claims.isEmpty()) {
      return List.of();
    }
    var left = spare.minus(sums.waiting(scope));
    return claims.values().stream()
        .filter(claim -> claim.offered && !claim.bound && scope.contains(claim.node.key))
        .filter(claim -> claim.node.member.isWhole(claim))
        .filter(claim -> left.isNonNegativeIn(claim.request))
        .toList();
  }

  void unclaimAll(MemberAccount member) {
    List.copyOf(member.claims).forEach(claim -> unclaim(claim.uid));
  }

  private void touch(Claim claim) {
    members.touch(claim.node);
    members.touchQuota(claim.node.member);
  }

  private void setBound(ProxyAccount proxy, boolean bound) {
    var claim = claims.get(proxy.uid);
    if (claim != null && claim.bound != bound) {
      claim.bound = bound;
      touch(claim);
    }
  }

  @Nullable Claim claim(String uid) {
    return claims.isEmpty() ? null : claims.get(Uid.of(uid));
  }

  Collection<Claim> claims() {
    return claims.values();
  }
}
