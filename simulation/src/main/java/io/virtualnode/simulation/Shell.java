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

  private static final int START_GRACE_MILLIS = 3000;

  final Account account;
  final Map<String, Forwarded> forwardings = new LinkedHashMap<>();
  final Map<String, Link> links = new TreeMap<>();
  final Promises promises = new Promises();
  final Site site;
  private final NodeWriter writer;
  private final MemberFeed feed;
  private final Steps steps;
  final Endings endings;
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
    this.endings = new Endings(this);
    this.steps = new Steps(this);
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

  void soon(Runnable task) {
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

  Demand demand(Proxy proxy) {
    return new Demand(proxy.uid(), proxy.request.toResources(), NodeRequirements.NONE);
  }

  void release(Forwarded f) {
    promises.end(f.proxy.uid());
    update(ledger -> ledger.release(f.proxy.uid()));
  }

  void requeue(Forwarded f) {
    steps.requeue(f);
  }

  // --- what an observer may ask

  Iterable<Scope> scopes() {
    return writer.scopes();
  }

  void include(Scope scope) {
    writer.include(scope);
  }

  /** Whether the primary has the newest offer. */
  boolean isStored(Scope scope) {
    return writer.isStored(scope);
  }

  Resources offer(Scope scope) {
    return account.read(ledger -> ledger.offer(scope));
  }
}
