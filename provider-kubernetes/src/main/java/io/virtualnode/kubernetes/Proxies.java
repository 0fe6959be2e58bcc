package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import java.util.function.Consumer;

/** Takes what the primary shows of proxies into the account and to their forwardings. */
final class Proxies {

  private final Account account;
  private final Forwardings forwardings;
  private final Consumer<Forwarding> resolve;

  /**
   * Takes them from now on.
   *
   * @param resolve finds the present name of the member that a proxy's intent names; called with
   *     the forwarding locked
   */
  Proxies(Account account, Forwardings forwardings, Consumer<Forwarding> resolve) {
    this.account = account;
    this.forwardings = forwardings;
    this.resolve = resolve;
  }

  /** The primary has the proxy, bound to the virtual node of that scope. */
  void observed(Pod pod, Scope scope) {
    var proxy = PodKey.of(pod);
    var forwarding = forwardings.of(proxy, scope);
    synchronized (forwarding) {
      forwarding.observed(pod);
      resolve.accept(forwarding);
      if (DelegateStatus.isTerminal(pod)) {
        account.update(ledger -> ledger.uncount(proxy.uid()));
        account.withdraw(proxy);
        return;
      }
      var request = Requests.of(pod);
      boolean daemon = isDaemon(pod);
      var slot = forwarding.slotByIntent();
      account.update(
          ledger -> {
            ledger.count(proxy.uid(), request, scope);
            if (daemon) {
              ledger.credit(proxy.uid(), true);
            }
            slot.ifPresent(node -> reserveInstead(ledger, proxy, node));
          });
    }
  }

  /** Another intent may have prevailed than the one that room was reserved for. */
  static void reserveInstead(Ledger ledger, PodKey proxy, NodeKey node) {
    if (ledger.slot(proxy.uid()).filter(s -> !s.member().equals(node.member())).isPresent()) {
      ledger.release(proxy.uid());
    }
    ledger.reserve(proxy.uid(), node);
  }

  /** Pods of DaemonSets are not forwarded: what they ask for is given back. */
  private static boolean isDaemon(Pod pod) {
    var owners = pod.getMetadata().getOwnerReferences();
    return owners != null
        && owners.stream()
            .anyMatch(
                o -> Boolean.TRUE.equals(o.getController()) && o.getKind().equals("DaemonSet"));
  }
}
