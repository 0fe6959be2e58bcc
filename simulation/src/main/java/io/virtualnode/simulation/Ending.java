package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/** What must be true once there has been no trouble for long. */
final class Ending {

  private final History history;

  Ending(History history) {
    this.history = history;
  }

  /** The pods that fit somewhere and have not ended, and the delegates that nobody wants. */
  List<String> unfinished() {
    var result = new ArrayList<String>();
    for (var proxy : history.primary.proxies.values()) {
      if (!proxy.terminal && (proxy.deleting || fits(proxy))) {
        var node = proxy.node;
        result.add(
            "%s %s on %s, intent %s"
                .formatted(
                    proxy.uid(), proxy.request, node == null ? "" : node.name, proxy.intent));
      }
    }
    for (var cluster : history.clusters.values()) {
      for (var run : cluster.pods.values()) {
        if (run.proxyUid == null) {
          if (run.isLive() && fits(run)) {
            result.add("local pod " + run.uid);
          }
        } else if (history.site.proxy(run.proxyUid).gone) {
          result.add("orphan " + run.uid + " of " + run.proxyUid);
        }
      }
    }
    return result;
  }

  /** Whether some node that it may still come to could take it if it were empty. */
  private boolean fits(Proxy proxy) {
    var run = history.runs.get(proxy.uid());
    if (run != null) {
      return !run.isLive() || run.machine != null || fits(run);
    }
    var node = proxy.node;
    return history.clusters.values().stream()
        .flatMap(cluster -> cluster.machines.values().stream())
        .filter(machine -> node == null || node.contains(machine.key))
        .anyMatch(machine -> proxy.request.fitsInto(machine.allocatable.get()));
  }

  static boolean fits(Run run) {
    return run.machine != null
        || run.cluster.machines.values().stream()
            .filter(machine -> !run.required || machine.key.node().equals(run.wanted))
            .anyMatch(machine -> run.request.get().fitsInto(machine.allocatable.get()));
  }

  /** What the account has otherwise than the world; empty if nothing. */
  String difference(Shell shell) {
    for (var scope : shell.scopes()) {
      var free = Size.NONE;
      boolean hasNodes = false; // if not, nothing is given back, since no resource is known
      for (var cluster : history.clusters.values()) {
        for (var machine : cluster.machines.values()) {
          if (scope.contains(machine.key)) {
            hasNodes = true;
            free = free.plus(machine.allocatable.get().minus(machine.used).nonNegative());
          }
        }
      }
      var spare = Size.of(shell.offer(scope));
      for (var proxy : history.primary.proxies.values()) {
        boolean counts = proxy.isCounted() && requireNonNull(proxy.node).scope.equals(scope);
        // What fits no node is given back; what waits in a member has its slot.
        spare = counts ? spare.minus(proxy.request) : spare;
      }
      var node = history.primary.node(scope);
      boolean pendingDelegates =
          history.runs.values().stream().anyMatch(run -> run.isLive() && run.machine == null);
      if (hasNodes && !pendingDelegates && !spare.equals(free)) {
        return "%s offers %s at the end, has %s".formatted(scope, spare, free);
      }
      if (!node.allocatable.equals(Size.of(shell.offer(scope)))) {
        return "Node %s has %s at the end, not %s"
            .formatted(node.name, node.allocatable, shell.offer(scope));
      }
    }
    return "";
  }
}
