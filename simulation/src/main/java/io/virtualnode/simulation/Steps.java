package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.placement.Decision;

/** What is done for each proxy, one step at a time; as {@code Forwarder} and {@code Placing}. */
final class Steps {

  private static final int GRACE_MILLIS = 1500;
  private static final int FIRST_RETRY_MILLIS = 200;
  private static final int LONGEST_RETRY_MILLIS = 5000;

  private final Shell shell;

  Steps(Shell shell) {
    this.shell = shell;
  }

  void requeue(Forwarded f) {
    if (f.busy) {
      f.again = true;
      return;
    }
    f.busy = true;
    shell.soon(() -> step(f));
  }

  private void done(Forwarded f, boolean ok) {
    shell.changed = true;
    f.busy = false;
    if (!ok) {
      long wait =
          Math.min((long) FIRST_RETRY_MILLIS << Math.min(f.failures++, 8), LONGEST_RETRY_MILLIS);
      shell.site.agenda().in(wait, () -> shell.ifAlive(() -> requeue(f)));
    } else {
      f.failures = 0;
      if (f.again) {
        f.again = false;
        requeue(f);
      }
    }
  }

  private void step(Forwarded f) {
    f.again = false;
    if (!f.inPrimary || f.deleting) {
      remove(f);
    } else if (f.terminal || f.gone) {
      done(f, true);
    } else {
      forward(f);
    }
  }

  private void forward(Forwarded f) {
    var intent = f.intent;
    if (f.delegate != null) {
      done(f, true);
    } else if (intent == null) {
      place(f);
    } else if (!shell.links.containsKey(intent.member())) {
      done(f, false);
    } else if (f.seen || f.ranBefore) {
      if (shell.isFresh(intent.member())) {
        shell.endings.giveUp(f);
      }
      done(f, true);
    } else if (f.accepted) {
      if (f.doubtful && shell.isFresh(intent.member())) {
        lookFor(f, intent);
      } else {
        done(f, true);
      }
    } else if (f.inherited && !shell.isFresh(intent.member())) {
      done(f, true); // freshness will bring it back
    } else {
      create(f, intent);
    }
  }

  private void place(Forwarded f) {
    var proxy = f.proxy;
    var demand = shell.demand(proxy).within(requireNonNull(proxy.node).scope);
    shell.changed = true;
    if (!(shell.account.place(proxy.key, demand) instanceof Decision.Placed placed)) {
      done(f, true);
      return;
    }
    var slot = placed.node();
    if (!shell.links.containsKey(slot.member())) {
      shell.release(f);
      done(f, false);
      return;
    }
    var stored = new boolean[1];
    shell
        .site
        .network()
        .ask(
            () -> true,
            false,
            () -> stored[0] = shell.site.primary().intend(proxy, slot),
            ok ->
                shell.ifAlive(
                    () -> {
                      if (ok && stored[0]) {
                        f.intent = slot;
                        f.inherited = false;
                        f.accepted = false;
                        create(f, slot);
                        return;
                      }
                      if (!slot.equals(f.intent)) {
                        shell.release(f);
                      }
                      done(f, false);
                    }));
  }

  private void create(Forwarded f, NodeKey slot) {
    var proxy = f.proxy;
    boolean required = requireNonNull(proxy.node).scope instanceof Scope.OfNode;
    var cluster = requireNonNull(shell.site.clusters().get(slot.member()));
    var created = new boolean[1]; // the member tells a repeated request by its UID
    shell
        .site
        .network()
        .ask(
            cluster.reachable::get,
            true,
            () -> {
              boolean isFree =
                  !cluster.delegates.containsKey(proxy.uid())
                      && !cluster.tombstones.contains(proxy.uid());
              if (isFree && !created[0]) {
                created[0] = true;
                var run =
                    cluster.create(
                        proxy.uid(), proxy.request, slot.node(), required, proxy.durationMillis);
                shell.site.created(run);
              }
            },
            ok ->
                shell.ifAlive(
                    () -> {
                      if (ok) {
                        f.accepted = true;
                        f.doubtful = false;
                      }
                      done(f, ok);
                    }));
  }

  private void lookFor(Forwarded f, NodeKey intent) {
    var cluster = requireNonNull(shell.site.clusters().get(intent.member()));
    var found = new boolean[1];
    shell
        .site
        .network()
        .ask(
            cluster.reachable::get,
            false,
            () -> found[0] = cluster.delegates.containsKey(f.proxy.uid()),
            ok ->
                shell.ifAlive(
                    () -> {
                      if (ok && found[0]) {
                        f.accepted = true;
                        f.doubtful = false;
                      } else if (ok && f.delegate == null) {
                        shell.endings.giveUp(f);
                      }
                      done(f, ok);
                    }));
  }

  private void remove(Forwarded f) {
    var intent = f.intent;
    if (intent == null || f.gone) {
      shell.endings.allGone(f);
      done(f, true);
      return;
    }
    f.removing = true;
    var cluster = requireNonNull(shell.site.clusters().get(intent.member()));
    boolean known = f.delegate != null;
    var left = new boolean[1];
    shell
        .site
        .network()
        .ask(
            cluster.reachable::get,
            false,
            () -> {
              cluster.tombstones.add(f.proxy.uid()); // a late request creates nothing any more
              var run = cluster.delegates.get(f.proxy.uid());
              left[0] = run != null;
              if (run != null) {
                cluster.delete(run, GRACE_MILLIS);
              }
            },
            ok ->
                shell.ifAlive(
                    () -> {
                      if (ok && !left[0]) {
                        shell.endings.allGone(f);
                      }
                      // A deletion that no watch can tell the end of is looked after.
                      done(f, ok && (known || !left[0]));
                    }));
  }
}
