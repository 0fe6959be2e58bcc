package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One process of ours: the real {@link Account}, fed in the order and way in which the product's
 * shell feeds it, with every request and every watch simulated. A crash loses all of it.
 */
final class Shell implements Primary.Watcher {

  private static final int GRACE_MILLIS = 1500;
  private static final int FIRST_RETRY_MILLIS = 200;
  private static final int LONGEST_RETRY_MILLIS = 5000;
  private static final int STORED_MILLIS = 10;
  private static final int START_GRACE_MILLIS = 3000;

  final Account account;
  final Map<String, Forwarded> forwardings = new LinkedHashMap<>();
  final Map<String, Link> links = new TreeMap<>();
  final Promises promises = new Promises();
  final Site site;
  private final NodeWriter writer;
  private final MemberFeed feed;
  private final Map<String, Long> lastNews = new LinkedHashMap<>();
  final long startedAt;
  boolean alive = true;
  boolean changed = true; // since the last check
  boolean synced;

  Shell(Site site, Strategy strategy) {
    this.site = site;
    this.startedAt = site.agenda().now();
    this.writer = new NodeWriter(this);
    this.feed = new MemberFeed(this);
    this.account = new Account(this::soon, strategy, writer, this::decided);
  }

  /** The primary is listed, then the members are connected. */
  void start() {
    site.primary().watcher = this;
    var list = List.copyOf(site.primary().proxies.values());
    site.agenda()
        .in(
            site.network().delay(),
            () -> {
              if (alive) {
                list.forEach(proxy -> observed(Seen.of(proxy)));
                synced = true;
                configure();
                site.agenda().in(START_GRACE_MILLIS, () -> ifAlive(writer::awaitMembersNoLonger));
              }
            });
  }

  void crash() {
    alive = false;
    links.values().forEach(Link::close);
    site.primary().watcher = null;
    site.primary().nodes.values().forEach(node -> node.current = false);
  }

  /** Members are added, or retired and forgotten once nothing of ours is in them. */
  void configure() {
    if (!synced) {
      return;
    }
    for (var name : site.configured()) {
      if (!links.containsKey(name)) {
        var cluster = requireNonNull(site.clusters().get(name));
        var link = new Link(cluster, site.agenda(), site.network(), site.maxAgeMillis(), feed);
        links.put(name, link);
        link.start();
      }
    }
    links.values().forEach(feed::freshnessChanged);
    List.copyOf(links.keySet()).forEach(feed::dismissIfEmpty);
  }

  boolean isInForce(String member) {
    return links.containsKey(member) && site.configured().contains(member);
  }

  boolean isFresh(String member) {
    var link = links.get(member);
    return link != null && link.isFresh();
  }

  /** As {@link #update}; returns whether that has lowered what the proxy's node may offer. */
  boolean lowers(Forwarded f, Consumer<Ledger> change) {
    changed = true;
    return account.lowers(requireNonNull(f.proxy.node).scope, change);
  }

  void update(Consumer<Ledger> change) {
    changed = true;
    account.update(change);
  }

  private void soon(Runnable task) {
    site.agenda().in(site.random().nextInt(4), () -> ifAlive(task));
  }

  void ifAlive(Runnable task) {
    if (alive) {
      changed = true;
      task.run();
    }
  }

  // --- the primary's side

  /** What a watch shows of a pod. */
  private record Seen(
      Proxy proxy, boolean terminal, boolean deleting, boolean ran, @Nullable NodeKey intent) {

    static Seen of(Proxy proxy) {
      return new Seen(proxy, proxy.terminal, proxy.deleting, proxy.ran, proxy.intent);
    }
  }

  @Override
  public void changed(Proxy proxy) {
    var seen = Seen.of(proxy);
    news(proxy, () -> observed(seen));
  }

  @Override
  public void gone(Proxy proxy) {
    news(proxy, () -> forgotten(proxy));
  }

  private void news(Proxy proxy, Runnable what) {
    long floor = lastNews.getOrDefault(proxy.uid(), 0L);
    long at = Math.max(site.agenda().now() + site.network().delay(), floor);
    lastNews.put(proxy.uid(), at);
    site.agenda().at(at, () -> ifAlive(what));
  }

  Forwarded of(Proxy proxy) {
    return forwardings.computeIfAbsent(proxy.uid(), uid -> new Forwarded(proxy));
  }

  private void observed(Seen seen) {
    var proxy = seen.proxy;
    if (proxy.node == null) {
      return;
    }
    var scope = proxy.node.scope;
    writer.include(scope);
    var f = of(proxy);
    f.inPrimary = true;
    f.terminal = seen.terminal;
    f.deleting = seen.deleting;
    f.ranBefore |= seen.ran;
    if (f.intent == null && seen.intent != null) {
      f.intent = seen.intent;
      f.inherited = true;
      f.accepted = false;
    }
    if (seen.terminal) {
      update(ledger -> ledger.uncount(proxy.uid()));
      account.withdraw(proxy.key);
    } else {
      var slot = f.slotByIntent();
      update(
          ledger -> {
            ledger.count(proxy.uid(), proxy.request.toResources(), scope);
            if (slot != null) {
              ledger.reserve(proxy.uid(), slot);
            }
          });
    }
    requeue(f);
  }

  private void forgotten(Proxy proxy) {
    account.withdraw(proxy.key);
    update(ledger -> ledger.uncount(proxy.uid()));
    var f = forwardings.get(proxy.uid());
    if (f != null) {
      f.inPrimary = false;
      requeue(f);
    }
  }

  private void decided(PodKey proxy, Decision decision) {
    var f = forwardings.get(proxy.uid());
    if (f != null && decision instanceof Decision.Placed) {
      requeue(f);
    }
  }

  // --- one step at a time for each proxy

  void requeue(Forwarded f) {
    if (f.busy) {
      f.again = true;
      return;
    }
    f.busy = true;
    soon(() -> step(f));
  }

  private void done(Forwarded f, boolean ok) {
    changed = true;
    f.busy = false;
    if (!ok) {
      long wait =
          Math.min((long) FIRST_RETRY_MILLIS << Math.min(f.failures++, 8), LONGEST_RETRY_MILLIS);
      site.agenda().in(wait, () -> ifAlive(() -> requeue(f)));
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
    } else if (!links.containsKey(intent.member())) {
      done(f, false);
    } else if (f.seen || f.ranBefore) {
      if (isFresh(intent.member())) {
        giveUp(f);
      }
      done(f, true);
    } else if (f.accepted) {
      if (f.doubtful && isFresh(intent.member())) {
        lookFor(f, intent);
      } else {
        done(f, true);
      }
    } else if (f.inherited && !isFresh(intent.member())) {
      done(f, true); // freshness will bring it back
    } else {
      create(f, intent);
    }
  }

  Demand demand(Proxy proxy) {
    return new Demand(proxy.uid(), proxy.request.toResources(), NodeRequirements.NONE);
  }

  private void place(Forwarded f) {
    var proxy = f.proxy;
    var demand = demand(proxy).within(requireNonNull(proxy.node).scope);
    changed = true;
    if (!(account.place(proxy.key, demand) instanceof Decision.Placed placed)) {
      done(f, true);
      return;
    }
    var slot = placed.node();
    if (!links.containsKey(slot.member())) {
      release(f);
      done(f, false);
      return;
    }
    var stored = new boolean[1];
    site.network()
        .ask(
            () -> true,
            false,
            () -> stored[0] = site.primary().intend(proxy, slot),
            ok ->
                ifAlive(
                    () -> {
                      if (ok && stored[0]) {
                        f.intent = slot;
                        f.inherited = false;
                        f.accepted = false;
                        create(f, slot);
                        return;
                      }
                      if (!slot.equals(f.intent)) {
                        release(f);
                      }
                      done(f, false);
                    }));
  }

  void release(Forwarded f) {
    promises.end(f.proxy.uid());
    update(ledger -> ledger.release(f.proxy.uid()));
  }

  private void create(Forwarded f, NodeKey slot) {
    var proxy = f.proxy;
    boolean required = requireNonNull(proxy.node).scope instanceof Scope.OfNode;
    var cluster = requireNonNull(site.clusters().get(slot.member()));
    var created = new boolean[1]; // the member tells a repeated request by its UID
    site.network()
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
                site.created(run);
              }
            },
            ok ->
                ifAlive(
                    () -> {
                      if (ok) {
                        f.accepted = true;
                        f.doubtful = false;
                      }
                      done(f, ok);
                    }));
  }

  private void lookFor(Forwarded f, NodeKey intent) {
    var cluster = requireNonNull(site.clusters().get(intent.member()));
    var found = new boolean[1];
    site.network()
        .ask(
            cluster.reachable::get,
            false,
            () -> found[0] = cluster.delegates.containsKey(f.proxy.uid()),
            ok ->
                ifAlive(
                    () -> {
                      if (ok && found[0]) {
                        f.accepted = true;
                        f.doubtful = false;
                      } else if (ok && f.delegate == null) {
                        giveUp(f);
                      }
                      done(f, ok);
                    }));
  }

  private void remove(Forwarded f) {
    var intent = f.intent;
    if (intent == null || f.gone) {
      allGone(f);
      done(f, true);
      return;
    }
    f.removing = true;
    var cluster = requireNonNull(site.clusters().get(intent.member()));
    boolean known = f.delegate != null;
    var left = new boolean[1];
    site.network()
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
                ifAlive(
                    () -> {
                      if (ok && !left[0]) {
                        allGone(f);
                      }
                      // A deletion that no watch can tell the end of is looked after.
                      done(f, ok && (known || !left[0]));
                    }));
  }

  /** Its delegate is no more, and nobody can say how it ended. */
  void giveUp(Forwarded f) {
    writeEnd(f);
    allGone(f);
  }

  /** Nothing is left in any member. */
  void allGone(Forwarded f) {
    f.gone = true;
    f.delegate = null;
    f.removing = false;
    release(f);
    if (f.deleting) {
      finalizeDeletion(f);
    }
    if (!f.inPrimary) {
      forwardings.remove(f.proxy.uid());
    }
  }

  private void finalizeDeletion(Forwarded f) {
    site.network()
        .ask(
            () -> true,
            false,
            () -> site.primary().finalizeDeletion(f.proxy),
            ok -> ifAlive(() -> retry(!ok, () -> finalizeDeletion(f))));
  }

  /** The proxy is written running. */
  void writeRunning(Forwarded f) {
    if (!f.ranBefore) {
      f.ranBefore = true;
      site.network().ask(() -> true, false, () -> site.primary().run(f.proxy), ok -> {});
    }
  }

  /** The proxy is written terminal; again and again until that is done. */
  void writeEnd(Forwarded f) {
    if (!f.writing && !f.terminal) {
      f.writing = true;
      write(f);
    }
  }

  void soonAfterStored(Forwarded f) {
    var scope = requireNonNull(f.proxy.node).scope;
    site.agenda().in(STORED_MILLIS, () -> ifAlive(() -> writeEndOnceStored(f, scope)));
  }

  /** Likewise, but not before the Node shows the offer that the end has lowered. */
  private void writeEndOnceStored(Forwarded f, Scope scope) {
    if (writer.isStored(scope)) {
      writeEnd(f);
    } else {
      site.agenda().in(STORED_MILLIS, () -> ifAlive(() -> writeEndOnceStored(f, scope)));
    }
  }

  private void write(Forwarded f) {
    site.network()
        .ask(
            () -> true,
            false,
            () -> site.primary().terminate(f.proxy),
            ok -> ifAlive(() -> retry(!ok, () -> write(f))));
  }

  private void retry(boolean wanted, Runnable what) {
    if (wanted) {
      site.agenda().in(FIRST_RETRY_MILLIS, () -> ifAlive(what));
    }
  }

  // --- what an observer may ask

  Iterable<Scope> scopes() {
    return writer.scopes();
  }

  void include(Scope scope) {
    writer.include(scope);
  }

  Resources offer(Scope scope) {
    return account.read(ledger -> ledger.offer(scope));
  }
}
