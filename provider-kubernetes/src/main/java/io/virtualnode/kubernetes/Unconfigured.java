package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of pods whose delegates are in a member that is not configured that nobody knows how they
 * are. They keep their phase, are created nowhere else, and no timer fails them.
 *
 * <p>Thread-safe.
 */
final class Unconfigured {

  private static final Logger log = LoggerFactory.getLogger(Unconfigured.class);

  private final Contexts node;
  private final Forwardings forwardings;
  private final Members members;

  Unconfigured(Contexts node, Forwardings forwardings, Members members) {
    this.node = node;
    this.forwardings = forwardings;
    this.members = members;
  }

  /** Says so of one. */
  void tell(Forwarding forwarding, Intent intent) {
    var message =
        "member %s, cluster %s, is not configured".formatted(intent.member(), intent.clusterUid());
    synchronized (forwarding) {
      var last = forwarding.lastKnown().orElseGet(DelegateStatus::pending);
      node.podStatus(
          forwarding.proxy(),
          DelegateStatus.outOfSight(last, DelegateStatus.NOT_CONFIGURED, message));
    }
  }

  /** Warns the operator of each such member that has delegates. */
  void warn() {
    var pods = new TreeMap<String, Integer>();
    for (var forwarding : forwardings.all()) {
      synchronized (forwarding) {
        forwarding
            .intent()
            .filter(intent -> forwarding.isAlive())
            .filter(intent -> members.find(intent.member()).isEmpty())
            .ifPresent(
                intent ->
                    pods.merge(
                        intent.member() + " (cluster " + intent.clusterUid() + ")",
                        1,
                        Integer::sum));
      }
    }
    pods.forEach(
        (member, number) ->
            log.warn(
                "{} pods have their delegates in member {}, which is not configured: nobody knows"
                    + " how they are, and they go nowhere else. Configure it again, with drain:"
                    + " true if it is to go, until vnode drain says that it is drained",
                number,
                member));
  }
}
