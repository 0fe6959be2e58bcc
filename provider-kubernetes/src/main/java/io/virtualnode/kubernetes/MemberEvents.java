package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.delegate.StartGate;
import io.virtualnode.kubernetes.delegate.TakeBackMark;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.member.MemberFacts;
import io.virtualnode.kubernetes.member.MemberListener;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes what the members' watches show into the account and to the delegates' proxies. */
final class MemberEvents implements MemberListener {

  private static final Logger log = LoggerFactory.getLogger(MemberEvents.class);

  /** What happens to a proxy because of what a member showed. */
  interface Effects {

    /**
     * The member has reached that cluster and is going to watch it.
     *
     * @return why it must not
     */
    Optional<String> identified(Member member, ClusterIdentity identity);

    /**
     * A delegate is there, with a new status perhaps. Called with the forwarding locked.
     *
     * @param first whether it was not there before
     * @param lowered whether its end has made the offer of its virtual node less
     */
    void delegateSeen(Forwarding forwarding, boolean first, boolean lowered);

    /** A pod of the proxy's that is not intended, and shut. Called with the forwarding locked. */
    void straySeen(Forwarding forwarding, Forwarding.Delegate stray);

    /** A delegate bears the mark of one to be taken back, and is on a node. */
    void markedInVain(Forwarding.Delegate delegate);

    /** A tombstone stands for the proxy. Called with the forwarding locked. */
    void tombstoneSeen(Forwarding forwarding);

    /** The intended delegate is known never to have run. Called with the forwarding locked. */
    void takenBack(Forwarding forwarding);

    /**
     * The delegate has gone. Called with the forwarding locked.
     *
     * @param lowered whether that has made the offer of its virtual node less
     */
    void delegateGone(Forwarding forwarding, String member, boolean lowered);

    /** Something of a proxy's that was not its delegate has gone from the member. */
    void remainGone(String member);

    /** The member has become fresh, or no longer is. */
    void freshnessChanged(Member member, boolean fresh);
  }

  private final Ownership ownership;
  private final boolean carriesTaints;
  private final Account account;
  private final MemberNodes nodes;
  private final Forwardings forwardings;
  private final Effects effects;
  private final Map<String, Map<String, ResourceQuota>> quotas = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> ended = new ConcurrentHashMap<>();

  /**
   * Nothing is known yet.
   *
   * @param carriesTaints whether the virtual nodes carry the taints of the members' nodes
   */
  MemberEvents(
      Ownership ownership,
      boolean carriesTaints,
      Account account,
      MemberNodes nodes,
      Forwardings forwardings,
      Effects effects) {
    this.ownership = ownership;
    this.carriesTaints = carriesTaints;
    this.account = account;
    this.nodes = nodes;
    this.forwardings = forwardings;
    this.effects = effects;
  }

  /** A cluster that has not what we have in the member of this name would have it declared lost. */
  @Override
  public Optional<String> objection(Member member, ClusterIdentity identity) {
    long elsewhere =
        forwardings.all().stream()
            .filter(forwarding -> isElsewhere(forwarding, member.name(), identity))
            .count();
    return elsewhere == 0
        ? effects.identified(member, identity)
        : Optional.of(
            "member %s now reaches cluster %s, but %d delegates are in another one: give the new cluster a name of its own"
                .formatted(member.name(), identity.uid(), elsewhere));
  }

  private static boolean isElsewhere(
      Forwarding forwarding, String member, ClusterIdentity identity) {
    synchronized (forwarding) {
      return forwarding.uses(member)
          && forwarding
              .intent()
              .filter(intent -> intent.member().equals(member))
              .filter(intent -> !identity.is(intent.clusterUid()))
              .isPresent();
    }
  }

  @Override
  public void nodeSeen(Member member, Node node) {
    var facts = MemberFacts.node(member.settings(), node, carriesTaints);
    account.update(ledger -> ledger.setNode(facts));
    nodes.seen(facts);
  }

  @Override
  public void nodeGone(Member member, String node) {
    var key = new NodeKey(member.name(), node);
    account.update(ledger -> ledger.removeNode(key));
    nodes.gone(key);
  }

  @Override
  public void podSeen(Member member, Pod pod) {
    var proxy = ownership.proxyOf(pod);
    boolean over =
        DelegateStatus.isTerminal(pod.getStatus().getPhase()) || TakeBackMark.isProof(pod);
    ended(member, pod, over);
    boolean lowered = false;
    if (over) {
      lowered = removePod(member.name(), pod, proxy);
    } else {
      var facts = MemberFacts.pod(member.settings(), pod, ownership);
      account.update(ledger -> ledger.setPod(member.name(), facts));
    }
    if (proxy.isPresent()) {
      delegateSeen(member, proxy.get(), pod, over, lowered);
    }
    ownership.proxyOfTombstone(pod).ifPresent(key -> tombstoneSeen(member, key, pod));
  }

  private void tombstoneSeen(Member member, PodKey proxy, Pod pod) {
    var forwarding = forwardings.of(proxy);
    var found = where(member, pod);
    synchronized (forwarding) {
      if (TakeBackMark.isProof(pod)) {
        takenBack(forwarding, found);
      } else {
        forwarding.tombstoneSeen(found);
      }
      effects.tombstoneSeen(forwarding);
    }
  }

  private static Forwarding.Delegate where(Member member, Pod pod) {
    // The cluster is known before anything in it is watched.
    return Forwarding.Delegate.of(pod, member.name(), member.identity().orElseThrow().uid());
  }

  /** The pod takes no room any more; returns whether that has lowered what its proxy's node has. */
  private boolean removePod(String member, Pod pod, Optional<PodKey> proxy) {
    var uid = pod.getMetadata().getUid();
    if (TakeBackMark.isProof(pod)) {
      account.update(ledger -> ledger.dropPod(member, uid));
      return false;
    }
    return lowers(proxy.map(forwardings::find), ledger -> ledger.removePod(member, uid));
  }

  private boolean lowers(Optional<Forwarding> forwarding, Consumer<Ledger> change) {
    var scope = forwarding.flatMap(Forwarding::scope);
    if (scope.isPresent()) {
      return account.lowers(scope.get(), change);
    }
    account.update(change);
    return false;
  }

  private void delegateSeen(Member member, PodKey proxy, Pod pod, boolean over, boolean lowered) {
    var found = where(member, pod);
    if (TakeBackMark.isUseless(pod)) {
      effects.markedInVain(found);
    }
    var forwarding = forwardings.of(proxy);
    synchronized (forwarding) {
      if (forwarding.isTakenBack(found.uid())) {
        return;
      }
      boolean first = forwarding.delegate().isEmpty();
      boolean shut = StartGate.isShut(pod);
      if (forwarding.isStray(found, shut)) {
        effects.straySeen(forwarding, found);
        return;
      }
      if (!forwarding.delegateSeen(
          found,
          pod.getMetadata().getResourceVersion(),
          shut,
          MemberFacts.nodeOf(pod).isPresent(),
          DelegateStatus.of(pod),
          DelegateStatus.isTelling(pod))) {
        log.error(
            "{} has two delegates: {} is ignored, {} is kept",
            proxy,
            found,
            forwarding.delegate().orElseThrow());
        return;
      }
      boolean released =
          over && lowers(Optional.of(forwarding), ledger -> ledger.release(proxy.uid()));
      effects.delegateSeen(forwarding, first, lowered || released);
    }
  }

  @Override
  public void podGone(Member member, Pod pod) {
    var proxyOf = ownership.proxyOf(pod);
    boolean lowered = removePod(member.name(), pod, proxyOf);
    ended(member, pod, false);
    proxyOf
        .or(() -> ownership.proxyOfTombstone(pod))
        .map(forwardings::find)
        .ifPresent(forwarding -> gone(member, forwarding, pod, lowered));
  }

  private void gone(Member member, Forwarding forwarding, Pod pod, boolean lowered) {
    var uid = pod.getMetadata().getUid();
    synchronized (forwarding) {
      if (TakeBackMark.isProof(pod)) {
        takenBack(forwarding, where(member, pod)); // where that was not shown before
      }
      forwarding.tombstoneGone(uid);
      if (forwarding.delegateGone(uid)) {
        effects.delegateGone(forwarding, member.name(), lowered);
        return;
      }
      if (forwarding.isOver()) {
        forwardings.forget(forwarding);
      }
    }
    effects.remainGone(member.name());
  }

  /** Called with the forwarding locked. */
  private void takenBack(Forwarding forwarding, Forwarding.Delegate unrun) {
    if (forwarding.takenBack(unrun)) {
      account.update(ledger -> ledger.release(forwarding.proxy().uid()));
      effects.takenBack(forwarding);
    }
  }

  @Override
  public void quotaSeen(Member member, ResourceQuota quota) {
    quotasOf(member).put(quota.getMetadata().getName(), quota);
    applyQuotas(member);
  }

  @Override
  public void quotaGone(Member member, ResourceQuota quota) {
    quotasOf(member).remove(quota.getMetadata().getName());
    applyQuotas(member);
  }

  @Override
  public void quotasListed(Member member, Set<String> names) {
    quotasOf(member).keySet().retainAll(names);
    applyQuotas(member);
  }

  private Map<String, ResourceQuota> quotasOf(Member member) {
    return quotas.computeIfAbsent(member.name(), name -> new ConcurrentHashMap<>());
  }

  /** A quota caps what nodes have; where no nodes are seen, it is what there is. */
  private void applyQuotas(Member member) {
    var hard = MemberFacts.quota(quotasOf(member).values(), endedIn(member).size());
    var source = member.settings().capacity();
    account.update(
        ledger -> {
          ledger.setQuota(member.name(), source.seesNodes() ? hard : Optional.empty());
          MemberFacts.room(source, hard)
              .ifPresent(room -> ledger.setNode(MemberFacts.sum(member.settings(), room)));
        });
    MemberFacts.room(source, hard)
        .ifPresent(room -> nodes.seen(MemberFacts.sum(member.settings(), room)));
  }

  /** Keeps count of the pods that have ended and still use up a quota on their number. */
  private void ended(Member member, Pod pod, boolean is) {
    var namespace = pod.getMetadata().getNamespace();
    if (member.settings().namespace().filter(namespace::equals).isPresent()) {
      var uid = pod.getMetadata().getUid();
      boolean changed = is ? endedIn(member).add(uid) : endedIn(member).remove(uid);
      if (changed && !quotasOf(member).isEmpty()) {
        applyQuotas(member);
      }
    }
  }

  private Set<String> endedIn(Member member) {
    return ended.computeIfAbsent(member.name(), name -> ConcurrentHashMap.newKeySet());
  }

  /** A member that has no delegate left is no longer looked at. */
  void forget(String member) {
    quotas.remove(member);
    ended.remove(member);
  }

  @Override
  public void nodesListed(Member member, Set<String> names) {
    account.read(ledger -> ledger.nodesOf(member.name())).stream()
        .filter(node -> !names.contains(node) && !node.equals(sumOf(member)))
        .forEach(node -> nodeGone(member, node));
  }

  /** What stands for the nodes of a member that shows none; nothing where it shows them. */
  private static String sumOf(Member member) {
    return member.settings().capacity().seesNodes() ? "" : Intent.ANY_NODE;
  }

  @Override
  public void podsListed(Member member, Set<String> uids) {
    account.read(ledger -> ledger.podsOf(member.name())).stream()
        .filter(uid -> !uids.contains(uid))
        .forEach(uid -> account.update(ledger -> ledger.removePod(member.name(), uid)));
    endedIn(member).retainAll(uids);
    for (var forwarding : forwardings.all()) {
      synchronized (forwarding) {
        forwarding.tombstones().stream()
            .filter(tombstone -> tombstone.member().equals(member.name()))
            .filter(tombstone -> !uids.contains(tombstone.uid()))
            .forEach(tombstone -> forwarding.tombstoneGone(tombstone.uid()));
        forwarding
            .delegate()
            .filter(delegate -> delegate.member().equals(member.name()))
            .filter(delegate -> !uids.contains(delegate.uid()))
            .filter(delegate -> forwarding.delegateGone(delegate.uid()))
            .ifPresent(delegate -> effects.delegateGone(forwarding, member.name(), true));
      }
    }
  }

  @Override
  public void freshnessChanged(Member member, boolean fresh) {
    effects.freshnessChanged(member, fresh);
  }
}
