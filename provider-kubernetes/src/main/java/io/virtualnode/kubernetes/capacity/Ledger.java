package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The one account of free, reserved and used room per member node, and of what the virtual node may
 * therefore offer.
 *
 * <p>Fed with facts in any order: nodes and pods of the members, pods bound to the virtual node in
 * the primary ("proxies"), and placements. Each fact replaces the one before about the same object.
 * A node's sums are computed anew from the pods on it whenever one of them changes, so no error can
 * pile up; {@link #drift} checks the sums of sums.
 *
 * <p>What is offered follows one rule. The primary's scheduler itself subtracts every proxy that it
 * counts (bound, not terminal) from allocatable, so each usable node contributes {@code max(ours,
 * allocatable − others)} and every other node {@code ours}; then allocatable minus bound is what is
 * really free minus what waits. A delegate is <em>ours</em> only while its proxy is counted, and
 * only up to the proxy's request; the rest is <em>others</em>. A slot is held from {@link #reserve}
 * until its delegate is terminal or gone.
 *
 * <p>Not thread-safe: its owner serializes all calls.
 */
public final class Ledger {

  private final Map<String, MemberAccount> members = new HashMap<>();
  private final Map<String, ProxyAccount> proxies = new HashMap<>();
  private final Set<ProxyAccount> credited = new HashSet<>();

  /** A node and what one more pod could take of it. */
  public record NodeRoom(MemberNode node, Resources free) {}

  /**
   * Sets the hard limits of the member's fixed namespace, as plain resource names; empty without a
   * quota. They cap what the member offers: every pod there uses them up, ours and others'.
   */
  public void setQuota(String member, Optional<Resources> hard) {
    member(member).quota = hard;
  }

  /** Sets whether what is known of the member is recent; if not, it offers nothing new. */
  public void setFresh(String member, boolean fresh) {
    var account = member(member);
    if (account.fresh != fresh) {
      account.fresh = fresh;
      account.refreshAll();
    }
  }

  /** Forgets a member, its nodes, its pods and every slot in it. */
  public void removeMember(String member) {
    members.remove(member);
    for (var proxy : List.copyOf(proxies.values())) {
      proxy.forget(member);
      settle(proxy);
    }
  }

  /** The UIDs of the member's pods in the account. */
  public Set<String> podsOf(String member) {
    return Set.copyOf(member(member).pods.keySet());
  }

  /** The names of the member's nodes in the account. */
  public Set<String> nodesOf(String member) {
    return Set.copyOf(member(member).nodes.keySet());
  }

  /** Sets what is known of a node. */
  public void setNode(MemberNode node) {
    var member = member(node.key().member());
    var account = member.node(node.key().node());
    account.node = node;
    member.refresh(account);
  }

  /** Forgets a node; pods still listed on it stay in the account. */
  public void removeNode(NodeKey key) {
    var member = member(key.member());
    var account = member.node(key.node());
    account.node = null;
    member.refresh(account);
  }

  /** Sets what is known of a member's pod that is not terminal. */
  public void setPod(String memberName, MemberPod pod) {
    var member = member(memberName);
    var before = member.pods.put(pod.uid(), pod);
    if (pod.equals(before)) {
      return;
    }
    if (before != null) {
      leave(member, before);
      if (!before.proxyUid().equals(pod.proxyUid())) {
        unlist(member, before);
      }
    }
    if (pod.node().isPresent()) {
      var account = member.node(pod.node().get());
      account.pods.put(pod.uid(), pod);
      member.refresh(account);
    }
    if (pod.proxyUid().isPresent()) {
      var proxy = proxy(pod.proxyUid().get());
      proxy.listed(memberName, pod);
      settle(proxy);
    }
  }

  /** Forgets a member's pod: it is terminal or gone. Ends the slot whose delegate it was. */
  public void removePod(String memberName, String podUid) {
    var member = member(memberName);
    var pod = member.pods.remove(podUid);
    if (pod != null) {
      leave(member, pod);
      unlist(member, pod);
    }
  }

  /**
   * Counts a proxy: the primary's scheduler subtracts its request from what we offer.
   *
   * @param request the proxy's effective request
   */
  public void count(String proxyUid, Resources request) {
    var proxy = proxy(proxyUid);
    if (!request.equals(proxy.request)) {
      proxy.request = request;
      settle(proxy);
    }
  }

  /** Stops counting a proxy: it is terminal or gone. Its slot, if any, is now others'. */
  public void uncount(String proxyUid) {
    var proxy = proxies.get(proxyUid);
    if (proxy != null) {
      credited.remove(proxy);
      proxy.request = null;
      settle(proxy);
    }
  }

  /** Whether the proxy is counted. */
  public boolean isCounted(String proxyUid) {
    var proxy = proxies.get(proxyUid);
    return proxy != null && proxy.request != null;
  }

  /**
   * Gives back what a counted proxy takes although it holds no slot and never will, so that it
   * blocks nobody; or takes that back. A slot ends the credit.
   */
  public void credit(String proxyUid, boolean wanted) {
    var proxy = proxies.get(proxyUid);
    if (proxy == null) {
      return;
    }
    if (wanted && proxy.request != null && proxy.slot == null) {
      credited.add(proxy);
    } else {
      credited.remove(proxy);
    }
  }

  /** Whether the proxy's request is given back. */
  public boolean isCredited(String proxyUid) {
    return credited.contains(proxies.get(proxyUid));
  }

  /**
   * Reserves a slot for a proxy on a node, from now until {@link #release} or until its delegate is
   * seen and then {@link #removePod removed}. Reserving twice keeps the first.
   *
   * @throws IllegalStateException if the proxy is not counted
   */
  public void reserve(String proxyUid, NodeKey node) {
    var proxy = proxies.get(proxyUid);
    if (proxy == null || proxy.request == null) {
      throw new IllegalStateException("proxy " + proxyUid + " is not counted");
    }
    if (proxy.slot == null) {
      proxy.reservation = new ProxyAccount.Reservation(node, proxy.request);
      settle(proxy);
    }
  }

  /**
   * Ends a proxy's reservation: its delegate is terminal, gone, or provably never was. A delegate
   * that is still listed on a node keeps its slot until it is {@link #removePod removed}.
   */
  public void release(String proxyUid) {
    var proxy = proxies.get(proxyUid);
    if (proxy != null) {
      proxy.reservation = null;
      settle(proxy);
    }
  }

  /** The node on which a proxy has its slot. */
  public Optional<NodeKey> slot(String proxyUid) {
    return Optional.ofNullable(proxies.get(proxyUid)).map(proxy -> proxy.slot).map(Slot::node);
  }

  /** What the virtual node's allocatable must be now. */
  public Resources offer() {
    var sum = Resources.NONE;
    for (var member : members.values()) {
      sum = sum.plus(member.offer());
    }
    if (!credited.isEmpty()) {
      var known = namesOfNodes();
      for (var proxy : credited) {
        sum = sum.plus(requireNonNull(proxy.request).namedBy(known));
      }
    }
    return sum;
  }

  /** Every resource that some node has, so that nothing is offered that none ever had. */
  private Resources namesOfNodes() {
    var names = new HashMap<String, Long>();
    forEachNode(node -> node.allocatable().names().forEach(name -> names.put(name, 0L)));
    return Resources.of(names);
  }

  /** Calls back for each node that takes new pods now, in no particular order. */
  public void forEachUsable(Consumer<NodeRoom> action) {
    for (var member : members.values()) {
      for (var account : member.nodes.values()) {
        if (account.isUsable(member.fresh) && account.node != null) {
          action.accept(new NodeRoom(account.node, account.free()));
        }
      }
    }
  }

  /** Calls back for each node known, usable now or not. */
  public void forEachNode(Consumer<MemberNode> action) {
    for (var member : members.values()) {
      for (var account : member.nodes.values()) {
        if (account.node != null) {
          action.accept(account.node);
        }
      }
    }
  }

  /** The hard limits on all pods in the member's fixed namespace; empty without a quota. */
  public Optional<Resources> quota(String member) {
    return Optional.ofNullable(members.get(member)).flatMap(account -> account.quota);
  }

  /**
   * What the member's quota leaves for one more pod, of the resources that it limits; negative
   * where it is overdrawn, empty without a quota.
   */
  public Optional<Resources> quotaLeft(String member) {
    return quota(member).map(hard -> member(member).quotaLeft());
  }

  /** How the room of one node is used now; empty if the node is not known. */
  public Optional<NodeUse> use(NodeKey key) {
    var member = members.get(key.member());
    var account = member == null ? null : member.nodes.get(key.node());
    return account == null
        ? Optional.empty()
        : Optional.of(
            new NodeUse(account.allocatable(), account.others(), account.ours(), account.free()));
  }

  /** One node's line of the account. */
  public record NodeUse(Resources allocatable, Resources others, Resources ours, Resources free) {}

  /**
   * Compares the kept account with one counted anew from the same facts.
   *
   * @return how many nodes and members differ; anything but 0 is a bug
   */
  public int drift() {
    var recount = recount();
    int drift = offer().equals(recount.offer()) ? 0 : 1;
    for (var member : members.values()) {
      if (!member.offer().equals(recount.member(member.name).offer())) {
        drift++;
      }
      for (var account : member.nodes.values()) {
        if (!use(account.key).equals(recount.use(account.key))) {
          drift++;
        }
      }
    }
    return drift;
  }

  private Ledger recount() {
    var recount = new Ledger();
    for (var proxy : proxies.values()) {
      var copy = recount.proxy(proxy.uid);
      copy.request = proxy.request;
      copy.reservation = proxy.reservation;
    }
    for (var member : members.values()) {
      recount.setQuota(member.name, member.quota);
      recount.setFresh(member.name, member.fresh);
      for (var account : member.nodes.values()) {
        if (account.node != null) {
          recount.setNode(account.node);
        }
      }
      member.pods.values().forEach(pod -> recount.setPod(member.name, pod));
    }
    List.copyOf(recount.proxies.values()).forEach(recount::settle);
    credited.forEach(proxy -> recount.credit(proxy.uid, true));
    return recount;
  }

  private void leave(MemberAccount member, MemberPod pod) {
    if (pod.node().isPresent()) {
      var account = member.node(pod.node().get());
      account.pods.remove(pod.uid());
      member.refresh(account);
    }
  }

  private void unlist(MemberAccount member, MemberPod pod) {
    if (pod.proxyUid().isPresent()) {
      var proxy = proxy(pod.proxyUid().get());
      proxy.unlisted(member.name, pod);
      settle(proxy);
    }
  }

  /** Moves a proxy's slot to where it must be by what is known now. */
  private void settle(ProxyAccount proxy) {
    var before = proxy.slot;
    var now = proxy.choose();
    proxy.slot = now;
    var member = before == null ? null : members.get(before.node().member());
    if (before != null && member != null && (now == null || !now.node().equals(before.node()))) {
      var account = member.node(before.node().node());
      account.slots.remove(proxy);
      member.refresh(account);
    }
    if (now != null) {
      credited.remove(proxy);
      var account = member(now.node().member()).node(now.node().node());
      account.slots.put(proxy, now);
      member(now.node().member()).refresh(account);
    }
    if (proxy.isEmpty()) {
      proxies.remove(proxy.uid);
    }
  }

  private ProxyAccount proxy(String uid) {
    return proxies.computeIfAbsent(requireNonNull(uid, "proxyUid is null"), ProxyAccount::new);
  }

  private MemberAccount member(String name) {
    return members.computeIfAbsent(requireNonNull(name, "member is null"), MemberAccount::new);
  }
}
