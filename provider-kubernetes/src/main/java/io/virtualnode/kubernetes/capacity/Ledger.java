package io.virtualnode.kubernetes.capacity;

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
 * <p>An update costs time proportional to the pods on the nodes it touches, however many nodes and
 * pods there are.
 *
 * <p>Not thread-safe: its owner serializes all calls.
 */
public final class Ledger {

  private final Interned interned = new Interned();
  private final MemberAccounts members = new MemberAccounts();
  private final ProxyAccounts proxies = new ProxyAccounts(members, interned);
  private final Set<Scope> closed = new HashSet<>();

  /** A node and what one more pod could take of it. */
  public record NodeRoom(MemberNode node, Resources free) {}

  /**
   * Tells the observer of every node known now, and from now on of every change to the room for one
   * more pod. It must not change the ledger while it is told.
   */
  public void observe(RoomObserver observer) {
    members.observe(observer);
  }

  /** Ends {@link #observe}. */
  public void ignore(RoomObserver observer) {
    members.ignore(observer);
  }

  /**
   * Sets the hard limits of the member's fixed namespace, as plain resource names; empty without a
   * quota. They cap what the member offers: every pod there uses them up, ours and others'.
   */
  public void setQuota(String memberName, Optional<Resources> hard) {
    var member = members.member(memberName);
    members.touchQuota(member);
    member.quota = hard.orElse(null);
    members.touchQuota(member);
    members.flush();
  }

  /** Sets whether what is known of the member is recent; if not, it offers nothing new. */
  public void setFresh(String memberName, boolean fresh) {
    var member = members.member(memberName);
    if (member.fresh != fresh) {
      member.fresh = fresh;
      members.touchAll(member);
      members.flush();
    }
  }

  /**
   * Sets whether the member has been taken out of the configuration. It offers nothing new then,
   * and its nodes do not count as nodes that a pod could ever fit.
   */
  public void setRetired(String memberName, boolean retired) {
    var member = members.member(memberName);
    if (member.retired != retired) {
      members.retire(member, retired);
    }
  }

  /**
   * Sets whether the member is drained. It offers nothing new then; what would fit its nodes waits,
   * because it may be used again.
   */
  public void setDraining(String memberName, boolean draining) {
    var member = members.member(memberName);
    if (member.draining != draining) {
      member.draining = draining;
      members.touchAll(member);
      members.flush();
    }
  }

  /**
   * How many slots there are in the member: of delegates that are there and have not ended, and of
   * those that may come to be there.
   */
  public int slotsIn(String memberName) {
    var member = members.find(memberName);
    return member == null
        ? 0
        : member.nodes.values().stream().mapToInt(node -> node.counted.count()).sum();
  }

  /** Forgets a member, its nodes, its pods and every slot in it. */
  public void removeMember(String memberName) {
    var member = members.find(memberName);
    if (member == null) {
      return;
    }
    for (var proxy : List.copyOf(proxies.all())) {
      proxy.forget(member);
      proxies.settle(proxy);
    }
    proxies.unclaimAll(member);
    members.flush();
    members.remove(member);
  }

  /** The UIDs of the member's pods in the account. */
  public Set<String> podsOf(String memberName) {
    var result = new HashSet<String>();
    members.member(memberName).pods.keySet().forEach(uid -> result.add(uid.toString()));
    return result;
  }

  /** The names of the member's nodes in the account. */
  public Set<String> nodesOf(String memberName) {
    return Set.copyOf(members.member(memberName).nodes.keySet());
  }

  /** Sets what is known of a node. */
  public void setNode(MemberNode facts) {
    var account = members.node(facts.key());
    account.member.setFacts(account, interned.facts(facts));
    members.touch(account);
    members.flush();
  }

  /** Forgets a node; pods still listed on it stay in the account. */
  public void removeNode(NodeKey key) {
    var account = members.find(key);
    if (account != null) {
      account.member.setFacts(account, null);
      members.touch(account);
      members.flush();
    }
  }

  /** Sets what is known of a member's pod that is not terminal. */
  public void setPod(String memberName, MemberPod pod) {
    var member = members.member(memberName);
    var line =
        new PodLine(
            member,
            Uid.of(pod.uid()),
            pod.node().isPresent() ? member.node(pod.node().get()) : null,
            interned.request(pod.request()),
            pod.proxyUid().isPresent() ? proxies.proxy(pod.proxyUid().get()) : null,
            pod.underQuota());
    var before = member.pods.get(line.uid);
    if (before != null && before.says(line)) {
      return;
    }
    if (before != null) {
      members.remove(before);
      if (before.proxy == line.proxy && before.proxy != null) {
        before.proxy.unlisted(before);
      } else {
        proxies.ended(before);
      }
    }
    members.add(line);
    if (line.proxy != null) {
      line.proxy.listed(line);
      proxies.settle(line.proxy);
    }
    members.flush();
  }

  /** Forgets a member's pod: it is terminal or gone. Ends the slot whose delegate it was. */
  public void removePod(String memberName, String podUid) {
    var member = members.find(memberName);
    var pod = member == null ? null : member.pods.get(Uid.of(podUid));
    if (pod != null) {
      members.remove(pod);
      proxies.ended(pod);
      members.flush();
    }
  }

  /**
   * Forgets a member's pod that never was on a node and never will be: it takes no room. A
   * reservation of its proxy's stands, which may have been made since, for another delegate.
   */
  public void dropPod(String memberName, String podUid) {
    var member = members.find(memberName);
    var pod = member == null ? null : member.pods.get(Uid.of(podUid));
    if (pod != null) {
      members.remove(pod);
      proxies.dropped(pod);
      members.flush();
    }
  }

  /** Counts a proxy that is bound to the one virtual node of the whole. */
  public void count(String proxyUid, Resources request) {
    count(proxyUid, request, Scope.WHOLE);
  }

  /**
   * Counts a proxy: the primary's scheduler subtracts its request from what we offer.
   *
   * @param request the proxy's effective request
   * @param scope of the virtual node that it is bound to
   */
  public void count(String proxyUid, Resources request, Scope scope) {
    var proxy = proxies.proxy(proxyUid);
    if (!request.equals(proxy.request) || !scope.equals(proxy.scope)) {
      proxies.count(proxy, interned.request(request), scope);
      members.flush();
    }
  }

  /** Stops counting a proxy: it is terminal or gone. Its slot, if any, is now others'. */
  public void uncount(String proxyUid) {
    var proxy = proxies.find(proxyUid);
    if (proxy != null) {
      proxies.uncount(proxy);
      members.flush();
    }
  }

  /** Whether the proxy is counted. */
  public boolean isCounted(String proxyUid) {
    var proxy = proxies.find(proxyUid);
    return proxy != null && proxy.request != null;
  }

  /**
   * Gives back what a counted proxy takes although it holds no slot and never will, so that it
   * blocks nobody; or takes that back. A slot ends the credit.
   */
  public void credit(String proxyUid, boolean wanted) {
    var proxy = proxies.find(proxyUid);
    if (proxy != null) {
      proxies.credit(proxy, wanted);
    }
  }

  /** Whether the proxy's request is given back. */
  public boolean isCredited(String proxyUid) {
    var proxy = proxies.find(proxyUid);
    return proxy != null && proxy.credit != null;
  }

  /**
   * Reserves a slot for a proxy on a node, from now until {@link #release} or until its delegate is
   * seen and then {@link #removePod removed}. Reserving twice keeps the first.
   *
   * @throws IllegalStateException if the proxy is not counted
   */
  public void reserve(String proxyUid, NodeKey node) {
    var proxy = proxies.find(proxyUid);
    if (proxy == null || proxy.request == null) {
      throw new IllegalStateException("proxy " + proxyUid + " is not counted");
    }
    if (proxy.slotNode == null) {
      proxy.reservedNode = members.node(node).key;
      proxy.reservedRequest = proxy.request();
      proxies.settle(proxy);
      members.flush();
    }
  }

  /**
   * Ends a proxy's reservation: its delegate is terminal, gone, or provably never was. A delegate
   * that is still listed on a node keeps its slot until it is {@link #removePod removed}.
   */
  public void release(String proxyUid) {
    var proxy = proxies.find(proxyUid);
    if (proxy != null) {
      proxy.reservedNode = null;
      proxies.settle(proxy);
      members.flush();
    }
  }

  /** The node on which a proxy has its slot. */
  public Optional<NodeKey> slot(String proxyUid) {
    var proxy = proxies.find(proxyUid);
    var node = proxy == null ? null : proxy.slotNode;
    return node == null ? Optional.empty() : Optional.of(node.key);
  }

  /**
   * Collects room on one node for a pod that is not bound yet: what is free there, up to the
   * request, is neither offered nor given to anybody else. As soon as it is the whole request it is
   * offered again, all at once, and only while nobody who is bound waits for room beyond what else
   * is spare: if the sum showed less than the request, others would be bound into it bit by bit.
   * Placement keeps it for that pod in any case.
   *
   * <p>A later claim of the same pod replaces the one before; the pod's slot ends it.
   */
  public void withhold(String podUid, NodeKey node, Resources request) {
    proxies.claim(podUid, node, interned.request(request));
    members.flush();
  }

  /**
   * Sets whether what is collected for a pod may be offered once it is whole; it may unless told
   * otherwise. Until then it stays withheld, so that the primary's scheduler can be told first for
   * whom it is.
   */
  public void setOffered(String podUid, boolean offered) {
    proxies.setOffered(Uid.of(podUid), offered);
  }

  /** Ends a pod's claim. */
  public void unwithhold(String podUid) {
    proxies.unclaim(Uid.of(podUid));
    members.flush();
  }

  /** What is collected for a pod that is not bound yet. */
  public Optional<Collected> claim(String podUid) {
    return Optional.ofNullable(proxies.claim(podUid)).map(Ledger::collected);
  }

  /** Every claim, by the UID of its pod. */
  public Map<String, Collected> claims() {
    var result = new HashMap<String, Collected>();
    proxies.claims().forEach(claim -> result.put(claim.uid.toString(), collected(claim)));
    return result;
  }

  /** What the virtual node of the whole must have as its allocatable now. */
  public Resources offer() {
    return offer(Scope.WHOLE);
  }

  /**
   * Sets whether the virtual node of that scope offers nothing new from now on: others stand for
   * its room. What its proxies hold is theirs until they end, and what those ask for that still
   * wait is not offered by the others.
   */
  public void setClosed(Scope scope, boolean isClosed) {
    if (isClosed) {
      closed.add(scope);
    } else {
      closed.remove(scope);
    }
  }

  /** What the virtual node of that scope must have as its allocatable now. */
  public Resources offer(Scope scope) {
    var sums = proxies.sums();
    var spare = closed.contains(scope) ? Resources.NONE : newRoom(scope);
    var offer = new Tally();
    offer.add(spare);
    if (!closed.contains(scope)) {
      proxies.wholeIn(scope, spare).forEach(claim -> offer.add(claim.share()));
    }
    offer.add(sums.ours(scope));
    offer.add(members.known(scope, sums.credits(scope)));
    return offer.toResources();
  }

  /** What is new for the scope, less what those may come to take who wait in one that is closed. */
  private Resources newRoom(Scope scope) {
    var room = members.newRoom(scope);
    for (var other : closed) {
      if (Scope.overlap(other, scope)) {
        room = room.minus(proxies.sums().waiting(other).namedBy(room)).nonNegative();
      }
    }
    return room;
  }

  /** Calls back for each node that takes new pods now, in no particular order. */
  public void forEachUsable(Consumer<NodeRoom> action) {
    forEachRoom(
        room -> {
          if (room.isUsable()) {
            action.accept(new NodeRoom(room.node(), room.free()));
          }
        });
  }

  /** Calls back for each node known, usable now or not. */
  public void forEachNode(Consumer<MemberNode> action) {
    forEachRoom(room -> action.accept(room.node()));
  }

  /** Calls back for each node known, usable now or not. */
  public void forEachRoom(Consumer<Room> action) {
    members.forEachKnown(action::accept);
  }

  /** Whether the member has been taken out of the configuration. */
  public boolean isRetired(String memberName) {
    var member = members.find(memberName);
    return member != null && member.retired;
  }

  /** The hard limits on all pods in the member's fixed namespace; empty without a quota. */
  public Optional<Resources> quota(String memberName) {
    return Optional.ofNullable(members.find(memberName)).map(member -> member.quota);
  }

  /**
   * What the member's quota leaves for one more pod, of the resources that it limits; negative
   * where it is overdrawn, empty without a quota.
   */
  public Optional<Resources> quotaLeft(String memberName) {
    return Optional.ofNullable(members.find(memberName))
        .filter(member -> member.quota != null)
        .map(MemberAccount::quotaLeft);
  }

  /** {@link #quotaLeft} for one pod: without what is collected of it for others. */
  public Optional<Resources> quotaLeft(String memberName, String podUid) {
    return Optional.ofNullable(members.find(memberName))
        .filter(member -> member.quota != null)
        .map(member -> member.quotaLeftFor(Uid.of(podUid)));
  }

  /** How the room of one node is used now; empty if the node is not known. */
  public Optional<NodeUse> use(NodeKey key) {
    var node = members.find(key);
    return node == null
        ? Optional.empty()
        : Optional.of(
            new NodeUse(
                node.allocatable(),
                node.others(),
                node.ours(),
                node.reserved(),
                node.free(),
                node.claimed()));
  }

  /**
   * One node's line of the account.
   *
   * @param allocatable what the node has
   * @param others what is used by all that is not ours
   * @param ours what the slots of counted proxies hold
   * @param reserved the part of it whose delegates have not been seen on the node yet
   * @param free what is left for one more pod; negative where the node is over-full
   * @param claimed the part of that which is collected for pods that are not bound yet
   */
  public record NodeUse(
      Resources allocatable,
      Resources others,
      Resources ours,
      Resources reserved,
      Resources free,
      Resources claimed) {}

  /**
   * What is collected on a node for a pod that is not bound yet.
   *
   * @param node where
   * @param request what is wanted
   * @param share what nobody else gets of what is free now
   * @param whole whether that is all
   */
  public record Collected(NodeKey node, Resources request, Resources share, boolean whole) {}

  private static Collected collected(Claim claim) {
    boolean whole = claim.node.member.isWhole(claim);
    return new Collected(claim.node.key, claim.request, claim.share(), whole);
  }

  /**
   * Compares the kept account, and what observers made of it, with one counted anew from the same
   * facts. Takes time proportional to all pods and nodes.
   *
   * @return how many sums, of nodes, members or scopes, differ; anything but 0 is a bug
   */
  public int drift() {
    return new Recount(members, proxies).drift()
        + members.observers().stream().mapToInt(RoomObserver::drift).sum();
  }
}
