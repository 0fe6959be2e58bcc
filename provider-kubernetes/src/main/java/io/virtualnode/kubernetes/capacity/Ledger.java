package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
  private final Map<String, Resources> proxies = new HashMap<>();
  private final Map<String, Resources> credits = new HashMap<>();
  private final Map<String, Slot> slots = new HashMap<>();

  /** A node and what one more pod could take of it. */
  public record NodeRoom(MemberNode node, Resources free) {}

  /**
   * Sets the hard limits of the member's fixed namespace, as plain resource names; empty without a
   * quota. They cap what the member offers.
   */
  public void setQuota(String member, Optional<Resources> hard) {
    member(member).quota = hard;
  }

  /** Sets whether what is known of the member is recent; if not, it offers nothing new. */
  public void setFresh(String member, boolean fresh) {
    var account = member(member);
    if (account.fresh != fresh) {
      account.fresh = fresh;
      account.refreshAll(this);
    }
  }

  /** Forgets a member, its nodes, its pods and every slot in it. */
  public void removeMember(String member) {
    members.remove(member);
    slots.values().removeIf(slot -> slot.reserved.member().equals(member));
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
    member.refresh(account, this);
  }

  /** Forgets a node; pods still listed on it stay in the account. */
  public void removeNode(NodeKey key) {
    var member = member(key.member());
    var account = member.node(key.node());
    account.node = null;
    member.refresh(account, this);
  }

  /** Sets what is known of a member's pod that is not terminal. */
  public void setPod(String memberName, MemberPod pod) {
    var member = member(memberName);
    var before = member.pods.put(pod.uid(), pod);
    if (pod.equals(before)) {
      return;
    }
    var slot = slotOf(memberName, pod);
    if (slot != null) {
      take(member, before);
      moveSlot(member, slot, () -> slot.delegate = pod);
      return;
    }
    take(member, before);
    if (pod.proxyUid().isPresent()
        && pod.node().isPresent()
        && !slots.containsKey(pod.proxyUid().get())) {
      adopt(member, pod);
      return;
    }
    pod.node()
        .ifPresent(
            name -> {
              var account = member.node(name);
              account.foreign.put(pod.uid(), pod);
              member.refresh(account, this);
            });
  }

  /** Forgets a member's pod: it is terminal or gone. Ends the slot whose delegate it was. */
  public void removePod(String memberName, String podUid) {
    var member = member(memberName);
    var pod = member.pods.remove(podUid);
    if (pod == null) {
      return;
    }
    var slot = slotOf(memberName, pod);
    if (slot != null && slot.delegate != null && slot.delegate.uid().equals(podUid)) {
      release(slot.proxyUid);
    } else {
      take(member, pod);
    }
  }

  /**
   * Counts a proxy: the primary's scheduler subtracts its request from what we offer.
   *
   * @param request the proxy's effective request
   */
  public void count(String proxyUid, Resources request) {
    if (!request.equals(proxies.put(proxyUid, request))) {
      refreshSlot(proxyUid);
    }
  }

  /** Stops counting a proxy: it is terminal or gone. Its slot, if any, is now others'. */
  public void uncount(String proxyUid) {
    credits.remove(proxyUid);
    if (proxies.remove(proxyUid) != null) {
      refreshSlot(proxyUid);
    }
  }

  /** Whether the proxy is counted. */
  public boolean isCounted(String proxyUid) {
    return proxies.containsKey(proxyUid);
  }

  /**
   * Gives back what a counted proxy takes although it holds no slot and never will, so that it
   * blocks nobody; or takes that back. A slot ends the credit.
   */
  public void credit(String proxyUid, boolean credited) {
    var request = proxies.get(proxyUid);
    if (credited && request != null && !slots.containsKey(proxyUid)) {
      credits.put(proxyUid, request);
    } else {
      credits.remove(proxyUid);
    }
  }

  /** Whether the proxy's request is given back. */
  public boolean isCredited(String proxyUid) {
    return credits.containsKey(proxyUid);
  }

  /**
   * Reserves a slot for a proxy on a node, from now until {@link #release} or until its delegate is
   * seen and then {@link #removePod removed}. Reserving twice keeps the first.
   *
   * @throws IllegalStateException if the proxy is not counted
   */
  public void reserve(String proxyUid, NodeKey node) {
    var request = proxies.get(proxyUid);
    if (request == null) {
      throw new IllegalStateException("proxy " + proxyUid + " is not counted");
    }
    if (slots.containsKey(proxyUid)) {
      return;
    }
    credits.remove(proxyUid);
    var slot = new Slot(proxyUid, node, request);
    slots.put(proxyUid, slot);
    var member = member(node.member());
    member.pods.values().stream()
        .filter(pod -> pod.proxyUid().filter(proxyUid::equals).isPresent())
        .findFirst()
        .ifPresent(
            pod -> {
              take(member, pod);
              slot.delegate = pod;
            });
    var account = member.node(slot.location().node());
    account.slots.add(slot);
    member.refresh(account, this);
  }

  /** Ends a proxy's slot: its delegate is terminal, gone, or provably never was. */
  public void release(String proxyUid) {
    var slot = slots.remove(proxyUid);
    if (slot != null) {
      var member = member(slot.reserved.member());
      var account = member.node(slot.location().node());
      account.slots.remove(slot);
      if (slot.delegate != null && member.pods.containsKey(slot.delegate.uid())) {
        account.foreign.put(slot.delegate.uid(), slot.delegate);
      }
      member.refresh(account, this);
    }
  }

  /** The node on which a proxy has its slot. */
  public Optional<NodeKey> slot(String proxyUid) {
    return Optional.ofNullable(slots.get(proxyUid)).map(Slot::location);
  }

  /** What the virtual node's allocatable must be now. */
  public Resources offer() {
    var sum = Resources.NONE;
    for (var member : members.values()) {
      sum = sum.plus(member.offer());
    }
    for (var credit : credits.values()) {
      sum = sum.plus(credit.namedBy(sum));
    }
    return sum.nonNegative();
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
    recount.proxies.putAll(proxies);
    recount.credits.putAll(credits);
    for (var slot : slots.values()) {
      var copy = new Slot(slot.proxyUid, slot.reserved, slot.request);
      recount.slots.put(slot.proxyUid, copy);
      recount.member(slot.reserved.member()).node(slot.reserved.node()).slots.add(copy);
    }
    for (var member : members.values()) {
      recount.setQuota(member.name, member.quota);
      for (var account : member.nodes.values()) {
        if (account.node != null) {
          recount.setNode(account.node);
        }
      }
      member.pods.values().forEach(pod -> recount.setPod(member.name, pod));
      recount.setFresh(member.name, member.fresh);
      recount.member(member.name).refreshAll(recount);
    }
    return recount;
  }

  /** The part of a slot that the primary's scheduler has already subtracted. */
  Resources countedRequest(Slot slot) {
    var request = proxies.get(slot.proxyUid);
    return request == null ? Resources.NONE : slot.held().min(request);
  }

  /** A delegate found on a node without a placement of this process: it holds its slot there. */
  private void adopt(MemberAccount member, MemberPod pod) {
    var proxyUid = pod.proxyUid().orElseThrow();
    var slot =
        new Slot(proxyUid, new NodeKey(member.name, pod.node().orElseThrow()), pod.request());
    slot.delegate = pod;
    slots.put(proxyUid, slot);
    credits.remove(proxyUid);
    var account = member.node(slot.location().node());
    account.slots.add(slot);
    member.refresh(account, this);
  }

  private @Nullable Slot slotOf(String member, MemberPod pod) {
    var slot = pod.proxyUid().map(slots::get).orElse(null);
    if (slot == null || !slot.reserved.member().equals(member)) {
      return null;
    }
    return slot.delegate == null || slot.delegate.uid().equals(pod.uid()) ? slot : null;
  }

  /** Takes a pod out of the foreign pods of the node it was on. */
  private void take(MemberAccount member, @Nullable MemberPod pod) {
    if (pod == null || pod.node().isEmpty()) {
      return;
    }
    var account = member.node(pod.node().get());
    account.foreign.remove(pod.uid());
    member.refresh(account, this);
  }

  private void moveSlot(MemberAccount member, Slot slot, Runnable change) {
    var from = member.node(slot.location().node());
    from.slots.remove(slot);
    change.run();
    member.refresh(from, this);
    var to = member.node(slot.location().node());
    to.slots.add(slot);
    member.refresh(to, this);
  }

  private void refreshSlot(String proxyUid) {
    var slot = slots.get(proxyUid);
    if (slot != null) {
      var member = member(slot.reserved.member());
      member.refresh(member.node(slot.location().node()), this);
    }
  }

  private MemberAccount member(String name) {
    return members.computeIfAbsent(requireNonNull(name, "member is null"), MemberAccount::new);
  }
}
