package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.simulation.Promises.Promise;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the account against the world as it really is, after every step, reckoning naively from
 * every pod of every node.
 *
 * <p><b>The bound.</b> The <em>age</em> is how old anything may be that a fresh member's account
 * rests on: {@code maxAge}, a quarter of it (freshness is judged so often) and the network's lag.
 * The <em>most</em> that a node can have, as of data no older than the age, is: nothing if it was
 * unusable, unreachable or not in force all that time; else the most allocatable that it had in
 * that time, less every pod that was on it all that time at the least it asked for, less every slot
 * given there that nothing has ended. The <em>least</em> is the reverse: nothing if it was unusable
 * or its member not fresh at any time; else the least allocatable, less every pod that was on it at
 * any time at the most it asked for, less the slots.
 *
 * <ol>
 *   <li value="1">offer − counted ≤ Σ most, for each scope, in the ledger; and in the Node object
 *       as of data older by what a write takes, but for proxies that were freed in that time
 *   <li value="5">a slot is only given where most − all other slots is enough
 *   <li value="6">Σ least − what waits − what is collected ≤ offer − counted: no other member's
 *       loss, no proxy that never fits takes that away
 *   <li value="7">follows from 1 and 5: most is nothing for a member not heard of for the age
 * </ol>
 *
 * and {@code drift() == 0}.
 */
final class Oracle {

  private static final long SETTLED_MILLIS = 6000;

  private final Site site;
  private final long ageMillis;
  private final long writeMillis;
  private final Map<String, Run> runsOf; // by proxy, whatever became of them
  long checks;

  /**
   * An oracle of the world outside.
   *
   * @param writeMillis how long it takes at most until a change of the offer is in the Node object
   */
  Oracle(Site site, Map<String, Run> runs, long writeMillis) {
    this.site = site;
    this.runsOf = runs;
    this.ageMillis = ageMillis(site);
    this.writeMillis = writeMillis;
  }

  static long ageMillis(Site site) {
    return site.maxAgeMillis() * (Link.PROBES_PER_AGE + 1) / Link.PROBES_PER_AGE
        + site.network().lagMillis
        + 10;
  }

  /** Everything; throws an AssertionError that says what is wrong. */
  void check(Shell shell) {
    checks++;
    long since = site.agenda().now() - ageMillis;
    notePromises(shell, since);
    for (var scope : shell.scopes()) {
      checkOffer(shell, scope, since);
    }
    checkNodes(shell, since - writeMillis);
    if (shell.changed) {
      shell.changed = false;
      int drift = shell.account.read(Ledger::drift);
      if (drift != 0) {
        throw new AssertionError("drift is %d".formatted(drift));
      }
    }
  }

  // --- slots

  private void notePromises(Shell shell, long since) {
    if (!shell.changed) {
      return;
    }
    for (var f : shell.forwardings.values()) {
      var uid = f.proxy.uid();
      if (shell.promises.of(uid) != null) {
        continue;
      }
      var slot = shell.account.read(ledger -> ledger.slot(uid)).orElse(null);
      var run = runsOf.get(uid);
      if (slot == null || (run != null && (!run.isLive() || run.machine != null))) {
        continue;
      }
      if (!slot.equals(f.proxy.intent)) {
        var scope = requireNonNull(f.proxy.node).scope;
        var machine = machine(slot);
        if (!scope.contains(slot)) {
          throw new AssertionError("5: %s got %s outside of %s".formatted(uid, slot, scope));
        }
        if (!(machine != null
            && shell.isInForce(slot.member())
            && f.proxy.request.fitsInto(most(machine, since, shell, Run.NEVER)))) {
          throw new AssertionError(
              "5: %s got a slot on %s that has at most %s for it, not %s"
                  .formatted(
                      uid,
                      slot,
                      machine == null ? Size.NONE : most(machine, since, shell, Run.NEVER),
                      f.proxy.request));
        }
      }
      shell.promises.add(new Promise(uid, slot, f.proxy.request, site.agenda().now()));
    }
  }

  private @Nullable Machine machine(NodeKey key) {
    Machine last = null;
    for (var machine : requireNonNull(site.clusters().get(key.member())).everyMachine) {
      last = machine.key.equals(key) ? machine : last;
    }
    return last;
  }

  // --- offers

  private void checkOffer(Shell shell, Scope scope, long since) {
    var counted = Size.NONE;
    var waiting = Size.NONE;
    for (var f : shell.forwardings.values()) {
      if (f.inPrimary && !f.terminal && requireNonNull(f.proxy.node).scope.equals(scope)) {
        counted = counted.plus(f.proxy.request);
        if (!isHeld(f, shell, since) && !neverFits(f, scope, shell)) {
          waiting = waiting.plus(f.proxy.request);
        }
      }
    }
    var most = Size.NONE;
    var least = Size.NONE;
    for (var cluster : site.clusters().values()) {
      for (var machine : cluster.everyMachine) {
        if (scope.contains(machine.key) && shell.isInForce(cluster.name)) {
          most = most.plus(most(machine, since, shell, Run.NEVER).nonNegative());
          least = least.plus(least(machine, since, shell).nonNegative());
        }
      }
    }
    var spare = Size.of(shell.offer(scope)).minus(counted);
    if (!spare.isWithin(most)) {
      throw new AssertionError("1: %s offers %s, has at most %s".formatted(scope, spare, most));
    }
    var collected = collected(shell, scope);
    var free = least.minus(waiting).minus(collected);
    if (!free.isWithin(spare)) {
      throw new AssertionError(
          "6: %s offers %s, has at least %s less %s that wait less %s collected"
              .formatted(scope, spare, least, waiting, collected));
    }
  }

  private static Size collected(Shell shell, Scope scope) {
    var sum = Size.NONE;
    for (var claim : shell.account.read(Ledger::claims).values()) {
      sum = scope.contains(claim.node()) ? sum.plus(Size.of(claim.request())) : sum;
    }
    return sum;
  }

  private boolean isHeld(Forwarded f, Shell shell, long since) {
    var run = runsOf.get(f.proxy.uid());
    if (run != null && !run.isLive()) {
      return false;
    }
    if (shell.promises.of(f.proxy.uid()) != null) {
      return true;
    }
    var link = run == null ? null : shell.links.get(run.cluster.name);
    return run != null && link != null && link.freshSince <= since && run.boundAt <= since;
  }

  /** It has been known for long that no node of its part could take it if it were empty. */
  private boolean neverFits(Forwarded f, Scope scope, Shell shell) {
    long since = site.agenda().now() - SETTLED_MILLIS;
    if (f.intent != null
        || f.proxy.boundAt > since
        || shell.startedAt > since
        || f.busy
        || f.failures > 0) {
      return false;
    }
    return site.clusters().values().stream()
        .flatMap(cluster -> cluster.everyMachine.stream())
        .filter(machine -> scope.contains(machine.key))
        .noneMatch(m -> m.allocatable.anySince(since, f.proxy.request::fitsInto));
  }

  private void checkNodes(Shell shell, long since) {
    for (var node : site.primary().nodes.values()) {
      if (!node.current) {
        continue;
      }
      var most = Size.NONE;
      for (var cluster : site.clusters().values()) {
        if (cluster.inForce.anySince(since, is -> is)) {
          for (var machine : cluster.everyMachine) {
            if (node.contains(machine.key)) {
              most = most.plus(most(machine, since, shell, since).nonNegative());
            }
          }
        }
      }
      var spare = node.allocatable;
      for (var proxy : site.primary().proxies.values()) {
        spare = proxy.node == node && proxy.isCounted() ? spare.minus(proxy.request) : spare;
      }
      for (var proxy : site.primary().ended.values()) {
        boolean lately = proxy.node == node && proxy.freedAt >= since;
        most = lately ? most.plus(proxy.request) : most;
      }
      if (!spare.isWithin(most)) {
        throw new AssertionError("1: Node %s offers %s, has %s".formatted(node.name, spare, most));
      }
    }
  }

  // --- one node

  /**
   * The most that it has, beside slots that were given before that time. What was given later went
   * to a proxy that the Node's offer already counted as waiting, or had given back.
   */
  private Size most(Machine machine, long since, Shell shell, long givenBefore) {
    var cluster = requireNonNull(site.clusters().get(machine.key.member()));
    if (!machine.usable.anySince(since, is -> is) || !cluster.reachable.anySince(since, is -> is)) {
      return Size.NONE;
    }
    var room = machine.allocatable.since(since, Size::max);
    for (var run : machine.runs) {
      if (run.boundAt <= since) {
        room = room.minus(run.request.since(since, Size::min));
      }
    }
    for (var promise : shell.promises.all()) {
      if (promise.node().equals(machine.key) && promise.madeAt() <= givenBefore) {
        var run = runsOf.get(promise.proxyUid());
        boolean isHere =
            run == null
                || (run.isLive()
                    && (run.machine == null || (run.machine == machine && run.boundAt > since)));
        room = isHere ? room.minus(promise.request()) : room;
      }
    }
    return room;
  }

  private Size least(Machine machine, long since, Shell shell) {
    var cluster = requireNonNull(site.clusters().get(machine.key.member()));
    var link = shell.links.get(cluster.name);
    if (machine.createdAt > since
        || machine.usable.anySince(since, is -> !is)
        || link == null
        || link.freshSince > since) {
      return Size.NONE;
    }
    var room = machine.allocatable.since(since, Size::min);
    for (var run : machine.runs) {
      room = room.minus(run.request.since(since, Size::max));
    }
    for (var run : cluster.departed) {
      if (run.machine == machine && run.endedAt >= since) {
        room = room.minus(run.request.since(since, Size::max));
      }
    }
    for (var promise : shell.promises.all()) {
      if (promise.node().equals(machine.key)) {
        var run = runsOf.get(promise.proxyUid());
        boolean maybe =
            run == null
                || (run.machine != machine
                    && (run.machine == null || run.boundAt > since)
                    && (run.isLive() || run.endedAt >= since));
        room = maybe ? room.minus(promise.request()) : room;
      }
    }
    return room;
  }
}
