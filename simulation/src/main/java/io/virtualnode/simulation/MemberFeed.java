package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import java.util.List;
import java.util.Set;

/** Takes what the members' watches show into the account; as {@code MemberEvents}. */
final class MemberFeed implements Link.Listener {

  private final Shell shell;

  MemberFeed(Shell shell) {
    this.shell = shell;
  }

  @Override
  public void nodeSeen(MemberNode node) {
    shell.update(ledger -> ledger.setNode(node));
    shell.include(shell.site.scopeOf(node.key()));
  }

  @Override
  public void nodeGone(NodeKey node) {
    shell.update(ledger -> ledger.removeNode(node));
  }

  @Override
  public void podSeen(Link link, Run.Sighting pod) {
    var member = link.cluster.name;
    if (pod.proxyUid() == null) {
      shell.update(
          ledger -> {
            if (pod.over()) {
              ledger.removePod(member, pod.uid());
            } else {
              ledger.setPod(member, pod.facts());
            }
          });
      return;
    }
    var proxy = shell.site.proxy(pod.proxyUid());
    var f = shell.of(proxy);
    f.delegate = pod;
    f.seen = true;
    f.gone = false;
    if (f.intent == null) {
      f.intent = proxy.intent;
    }
    if (pod.over()) {
      boolean lowered = shell.lowers(f, ledger -> ledger.removePod(member, pod.uid()));
      shell.promises.end(proxy.uid());
      lowered |= shell.lowers(f, ledger -> ledger.release(proxy.uid()));
      if (lowered) {
        shell.endings.soonAfterStored(f);
      } else {
        shell.endings.writeEnd(f);
      }
    } else {
      shell.update(ledger -> ledger.setPod(member, pod.facts()));
      if (pod.facts().node().isPresent()) {
        shell.endings.writeRunning(f);
      }
    }
    if (!f.inPrimary) {
      shell.requeue(f);
    }
  }

  @Override
  public void podGone(Link link, Run.Sighting pod) {
    shell.update(ledger -> ledger.removePod(link.cluster.name, pod.uid()));
    if (pod.proxyUid() != null) {
      delegateGone(pod.proxyUid(), pod.uid());
      shell.site.agenda().in(1, () -> shell.ifAlive(() -> dismissIfEmpty(link.cluster.name)));
    }
  }

  private void delegateGone(String proxyUid, String uid) {
    var f = shell.forwardings.get(proxyUid);
    if (f == null || f.delegate == null || !f.delegate.uid().equals(uid)) {
      return;
    }
    boolean over = f.delegate.over();
    f.delegate = null;
    if (f.inPrimary && !f.deleting && !over) {
      shell.endings.giveUp(f);
    } else {
      shell.endings.allGone(f);
    }
  }

  @Override
  public void nodesListed(Link link, Set<String> names) {
    var member = link.cluster.name;
    shell.account.read(ledger -> ledger.nodesOf(member)).stream()
        .filter(node -> !names.contains(node))
        .forEach(node -> nodeGone(new NodeKey(member, node)));
  }

  @Override
  public void podsListed(Link link, Set<String> uids) {
    var member = link.cluster.name;
    shell.account.read(ledger -> ledger.podsOf(member)).stream()
        .filter(uid -> !uids.contains(uid))
        .forEach(uid -> shell.update(ledger -> ledger.removePod(member, uid)));
    for (var f : List.copyOf(shell.forwardings.values())) {
      var delegate = f.delegate;
      if (delegate != null
          && requireNonNull(f.intent).member().equals(member)
          && !uids.contains(delegate.uid())) {
        delegateGone(f.proxy.uid(), delegate.uid());
      }
    }
  }

  @Override
  public void freshnessChanged(Link link) {
    var member = link.cluster.name;
    boolean offers = link.isFresh() && shell.isInForce(member);
    shell.update(ledger -> ledger.setFresh(member, offers));
    for (var f : List.copyOf(shell.forwardings.values())) {
      var intent = f.intent;
      if (f.inPrimary && f.delegate == null && intent != null && intent.member().equals(member)) {
        f.doubtful = true; // what was accepted out of sight may have gone unseen
        if (link.isFresh()) {
          shell.requeue(f);
        }
      }
    }
  }

  /** Ends the connection to a member that is no longer configured once nothing of ours is there. */
  void dismissIfEmpty(String member) {
    var link = shell.links.get(member);
    if (link != null
        && !shell.site.configured().contains(member)
        && shell.forwardings.values().stream().noneMatch(f -> f.uses(member))) {
      link.close();
      shell.links.remove(member);
      shell.promises.endAll(member);
      shell.update(ledger -> ledger.removeMember(member));
    }
  }
}
