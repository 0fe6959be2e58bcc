package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.member.MemberFacts;
import io.virtualnode.kubernetes.member.MemberListener;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes what the members' watches show into the account and to the delegates' proxies. */
final class MemberEvents implements MemberListener {

  private static final Logger log = LoggerFactory.getLogger(MemberEvents.class);

  /** What happens to a proxy because of what a member showed. */
  interface Effects {

    /** A delegate's status is to be shown on its proxy. */
    void delegateSeen(Forwarding forwarding);

    /** Nothing of the proxy is left in its member. */
    void delegateGone(Forwarding forwarding);

    /** The member has become fresh, or no longer is. */
    void freshnessChanged(Member member, boolean fresh);
  }

  private final Ownership ownership;
  private final Account account;
  private final Forwardings forwardings;
  private final Effects effects;
  private final Map<String, Map<String, ResourceQuota>> quotas = new ConcurrentHashMap<>();

  MemberEvents(Ownership ownership, Account account, Forwardings forwardings, Effects effects) {
    this.ownership = ownership;
    this.account = account;
    this.forwardings = forwardings;
    this.effects = effects;
  }

  @Override
  public void nodeSeen(Member member, Node node) {
    var facts = MemberFacts.node(member.settings(), node);
    account.update(ledger -> ledger.setNode(facts));
  }

  @Override
  public void nodeGone(Member member, String node) {
    account.update(ledger -> ledger.removeNode(new NodeKey(member.name(), node)));
  }

  @Override
  public void podSeen(Member member, Pod pod) {
    var proxy = ownership.proxyOf(pod);
    boolean over = DelegateStatus.isTerminal(pod.getStatus().getPhase());
    var uid = pod.getMetadata().getUid();
    if (over) {
      account.update(ledger -> ledger.removePod(member.name(), uid));
    } else {
      var facts = MemberFacts.pod(member.settings(), pod, ownership);
      account.update(ledger -> ledger.setPod(member.name(), facts));
    }
    proxy.ifPresent(key -> delegateSeen(member, key, pod, over));
  }

  private void delegateSeen(Member member, PodKey proxy, Pod pod, boolean over) {
    var metadata = pod.getMetadata();
    var forwarding = forwardings.of(proxy);
    synchronized (forwarding) {
      var known = forwarding.delegate;
      if (known != null && !known.uid().equals(metadata.getUid())) {
        log.error(
            "{} has two delegates: {}/{} on member {} is ignored, {} is kept",
            proxy,
            metadata.getNamespace(),
            metadata.getName(),
            member.name(),
            known);
        return;
      }
      forwarding.delegate =
          new Forwarding.Delegate(
              member.name(), metadata.getNamespace(), metadata.getName(), metadata.getUid());
      forwarding.delegateWasSeen = true;
      forwarding.status = DelegateStatus.of(pod);
      if (over) {
        account.update(ledger -> ledger.release(proxy.uid()));
      }
      forwarding.telling |= DelegateStatus.isTelling(pod);
      effects.delegateSeen(forwarding);
    }
  }

  @Override
  public void podGone(Member member, Pod pod) {
    podGone(member.name(), pod.getMetadata().getUid());
    ownership.proxyOf(pod).ifPresent(proxy -> delegateGone(proxy, pod.getMetadata().getUid()));
  }

  private void podGone(String member, String uid) {
    account.update(ledger -> ledger.removePod(member, uid));
  }

  private void delegateGone(PodKey proxy, String uid) {
    var forwarding = forwardings.find(proxy);
    if (forwarding == null) {
      return;
    }
    synchronized (forwarding) {
      if (forwarding.delegate == null || !forwarding.delegate.uid().equals(uid)) {
        return;
      }
      forwarding.delegate = null;
      account.update(ledger -> ledger.release(proxy.uid()));
      effects.delegateGone(forwarding);
    }
  }

  @Override
  public void quotaSeen(Member member, ResourceQuota quota) {
    var ofMember = quotas.computeIfAbsent(member.name(), name -> new ConcurrentHashMap<>());
    ofMember.put(quota.getMetadata().getName(), quota);
    applyQuotas(member, ofMember);
  }

  @Override
  public void quotaGone(Member member, ResourceQuota quota) {
    var ofMember = quotas.computeIfAbsent(member.name(), name -> new ConcurrentHashMap<>());
    ofMember.remove(quota.getMetadata().getName());
    applyQuotas(member, ofMember);
  }

  private void applyQuotas(Member member, Map<String, ResourceQuota> ofMember) {
    var hard = MemberFacts.quota(ofMember.values());
    account.update(ledger -> ledger.setQuota(member.name(), hard));
  }

  @Override
  public void nodesListed(Member member, Set<String> names) {
    account.read(ledger -> ledger.nodesOf(member.name())).stream()
        .filter(node -> !names.contains(node))
        .forEach(node -> nodeGone(member, node));
  }

  @Override
  public void podsListed(Member member, Set<String> uids) {
    account.read(ledger -> ledger.podsOf(member.name())).stream()
        .filter(uid -> !uids.contains(uid))
        .forEach(uid -> podGone(member.name(), uid));
    for (var forwarding : forwardings.all()) {
      Forwarding.Delegate delegate;
      synchronized (forwarding) {
        delegate = forwarding.delegate;
      }
      if (delegate != null
          && delegate.member().equals(member.name())
          && !uids.contains(delegate.uid())) {
        delegateGone(forwarding.proxy, delegate.uid());
      }
    }
  }

  @Override
  public void freshnessChanged(Member member, boolean fresh) {
    effects.freshnessChanged(member, fresh);
  }
}
