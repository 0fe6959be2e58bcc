package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.TopologyPlan.Look;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.node.NodeCounters;
import io.virtualnode.node.NodeDescription;
import io.virtualnode.node.NodeHost;
import io.virtualnode.node.VirtualNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the virtual nodes that the topology asks for, as {@link TopologyPlan} has them.
 *
 * <p>Nodes that the primary has from before are taken over first, so that every proxy is known
 * before a member is contacted; more come as members show their nodes. One that is no longer asked
 * for offers nothing and is taken out of the primary once no pod is on it, never before.
 *
 * <p>Thread-safe. Changes are made on a thread of its own.
 */
final class VirtualNodes implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(VirtualNodes.class);
  // Nodes come by the dozen; a look at all of them is not to be taken for each.
  private static final Duration SETTLING = Duration.ofMillis(100);
  private static final Duration REVIEW = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofMinutes(1);
  private static final int REMOVALS = 8; // at a time, each of about half a second

  private final NodeHost host;
  private final Forwarder forwarder;
  private final NodeSettings settings;
  private final Duration patience;
  private final NodeIdentity identity;
  private final Map<Scope, Entry> entries = new ConcurrentHashMap<>(); // changed on the thread only
  private final Map<Scope, Long> notBefore = new HashMap<>(); // touched on the thread only
  private final AtomicBoolean due = new AtomicBoolean();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final ExecutorService removals =
      Executors.newFixedThreadPool(REMOVALS, daemon("vnode-removal"));
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(daemon("vnode-topology"));

  /**
   * A virtual node that runs.
   *
   * @param unwantedSince when it was first found that nobody asks for it; null while somebody does
   */
  private record Entry(VirtualNode node, Optional<Look> look, @Nullable Long unwantedSince) {

    Entry looking(Look newest) {
      return new Entry(node, Optional.of(newest), unwantedSince);
    }

    Entry unwanted(@Nullable Long since) {
      return new Entry(node, look, since);
    }
  }

  private VirtualNodes(
      NodeHost host, Forwarder forwarder, NodeSettings settings, Duration patience) {
    this.host = host;
    this.forwarder = forwarder;
    this.settings = settings;
    this.patience = patience;
    this.identity = new NodeIdentity(settings.name());
  }

  /**
   * Starts those that there are to be by what is known already.
   *
   * @param present all virtual nodes that the primary has
   * @param patience how long a virtual node stays without pods when its member's node is gone: one
   *     that is only registered anew keeps it
   */
  static VirtualNodes start(
      KubernetesClient primary,
      Forwarder forwarder,
      NodeSettings settings,
      List<Node> present,
      Duration patience) {
    var identity = new NodeIdentity(settings.name());
    var before = new HashMap<Scope, Node>();
    present.forEach(node -> identity.scopeOf(node).ifPresent(scope -> before.put(scope, node)));
    boolean alone =
        settings.topology() == Topology.AGGREGATE
            && before.keySet().stream().allMatch(Scope.WHOLE::equals);
    var host = alone ? NodeHost.ofOne(primary, settings.name()) : NodeHost.on(primary);
    var nodes = new VirtualNodes(host, forwarder, settings, patience);
    forwarder.memberNodes().onChange(nodes::soon);
    forwarder.membersSeen().thenRunAsync(nodes::reviewAndBeReady, nodes.thread);
    nodes.thread.execute(() -> nodes.begin(before));
    var unused =
        nodes.thread.scheduleWithFixedDelay(
            nodes::tryReview, REVIEW.toMillis(), REVIEW.toMillis(), TimeUnit.MILLISECONDS);
    return nodes;
  }

  private void begin(Map<Scope, Node> before) {
    try {
      takeOver(before);
    } catch (RuntimeException e) {
      log.error("the virtual nodes could not be started", e);
      fail(e);
    }
  }

  private void takeOver(Map<Scope, Node> before) {
    var members = forwarder.configuration().members();
    var synced =
        Stream.concat(before.keySet().stream(), plan().keySet().stream())
            .distinct()
            .map(part -> TopologyPlan.standsFor(settings, members, part))
            .map(scope -> add(scope, Optional.empty(), before))
            .toArray(CompletableFuture<?>[]::new);
    var unused =
        CompletableFuture.allOf(synced)
            .thenRun(forwarder::begin)
            .exceptionally(
                failure -> {
                  fail(failure);
                  return null;
                });
  }

  private Map<Scope, Optional<Look>> plan() {
    return TopologyPlan.of(
        settings, forwarder.configuration().members(), forwarder.memberNodes().all());
  }

  /** The first look at the members has been taken. */
  private void reviewAndBeReady() {
    tryReview();
    var unused =
        CompletableFuture.allOf(
                entries.values().stream()
                    .map(entry -> entry.node.ready().toCompletableFuture())
                    .map(one -> settings.topology() == Topology.AGGREGATE ? one : either(one))
                    .toArray(CompletableFuture<?>[]::new))
            .thenRun(() -> ready.complete(null));
  }

  /** Of several, one that cannot be run does not keep the others from being ready. */
  private static CompletableFuture<Void> either(CompletableFuture<Void> ready) {
    return ready.exceptionally(failure -> null);
  }

  private void fail(Throwable failure) {
    ready.completeExceptionally(failure);
    ended.completeExceptionally(failure);
  }

  private void soon() {
    if (due.getAndSet(true)) {
      return;
    }
    try {
      var unused =
          thread.schedule(
              () -> {
                due.set(false);
                tryReview();
              },
              SETTLING.toMillis(),
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closed while a member's nodes have changed");
    }
  }

  private void tryReview() {
    try {
      review();
    } catch (RuntimeException e) {
      log.error("the virtual nodes could not be reviewed", e);
    }
  }

  private void review() {
    var plan = plan();
    plan.forEach(
        (scope, look) -> {
          var entry = entries.get(scope);
          if (entry != null) {
            entries.put(scope, dressed(entry, look).unwanted(null));
          } else if (mayBeTried(scope)) {
            var unused = add(scope, mayBeDressed(scope) ? look : Optional.empty(), Map.of());
          }
        });
    List.copyOf(entries.keySet()).stream()
        .filter(scope -> !plan.containsKey(scope))
        .forEach(this::dismissIfUnused);
  }

  /** Its looks change only once the members have been seen: they are those of before till then. */
  private Entry dressed(Entry entry, Optional<Look> look) {
    if (look.isEmpty()
        || look.equals(entry.look)
        || !forwarder.membersSeen().toCompletableFuture().isDone()) {
      return entry;
    }
    log.debug("Node {} looks otherwise: {}", entry.node.name(), look);
    entry.node.labels(look.get().labels());
    entry.node.taints(look.get().taints());
    return entry.looking(look.get());
  }

  /** Whether all is known by which it looks: for one member node, as soon as that is. */
  private boolean mayBeDressed(Scope scope) {
    return scope instanceof Scope.OfNode || forwarder.membersSeen().toCompletableFuture().isDone();
  }

  private boolean mayBeTried(Scope scope) {
    var time = notBefore.get(scope);
    return time == null || System.nanoTime() - time >= 0;
  }

  /**
   * Adds a virtual node.
   *
   * @param look how it is to look, if that is known
   * @param before the Nodes that the primary has from before, one of which is taken over if it is
   *     not
   * @return completes when all its pods are known, or it has ended
   */
  private CompletableFuture<Void> add(Scope scope, Optional<Look> look, Map<Scope, Node> before) {
    var provider = new ForwardingProvider(forwarder, scope);
    var node = host.add(description(scope, look, before), provider);
    entries.put(scope, new Entry(node, look, null));
    node.ended().whenComplete((nothing, failure) -> onThread(() -> hasEnded(scope, node, failure)));
    return CompletableFuture.anyOf(
            provider.synced().toCompletableFuture(),
            node.ended().exceptionally(failure -> null).toCompletableFuture())
        .thenApply(nothing -> null);
  }

  private NodeDescription description(Scope scope, Optional<Look> look, Map<Scope, Node> before) {
    var description =
        NodeDescription.builder(identity.name(scope)).annotations(identity.annotations(scope));
    if (look.isPresent()) {
      description.labels(look.get().labels()).taints(look.get().taints());
    } else {
      description.labels(settings.labels()).labels(identity.labels(scope));
      description.taints(settings.taints());
      var part = scope instanceof Scope.Former former ? former.part() : scope;
      Optional.ofNullable(before.get(part)).ifPresent(description::keeping);
    }
    settings.internalIp().ifPresent(description::internalIp);
    return description.build();
  }

  private void hasEnded(Scope scope, VirtualNode node, @Nullable Throwable failure) {
    var entry = entries.get(scope);
    if (entry == null || entry.node != node || failure == null) {
      return;
    }
    entries.remove(scope);
    notBefore.put(scope, System.nanoTime() + RETRY.toNanos());
    if (scope.equals(Scope.WHOLE)) {
      fail(failure);
    }
  }

  /** Takes out of the primary what nobody asks for, if no pod is on it. */
  private void dismissIfUnused(Scope scope) {
    var entry = entries.get(scope);
    if (entry == null || mayComeBack(scope)) {
      return;
    }
    long now = System.nanoTime();
    if (entry.unwantedSince == null) {
      entries.put(scope, entry.unwanted(now));
    }
    long sinceNanos = entry.unwantedSince == null ? now : entry.unwantedSince;
    boolean patient = !(scope instanceof Scope.Former);
    if (forwarder.hasProxies(scope)
        || (patient && now - sinceNanos < patience.toNanos())
        || !mayBeTried(scope)) {
      return;
    }
    log.info("Node {} is no longer asked for and has no pods", entry.node.name());
    entries.remove(scope);
    notBefore.put(scope, now + RETRY.toNanos()); // not to be added while it is being removed
    removals.execute(() -> remove(scope, entry.node));
  }

  private void remove(Scope scope, VirtualNode node) {
    boolean removed = node.remove();
    onThread(
        () -> {
          if (removed) {
            notBefore.remove(scope);
          } else { // it has pods all the same, or the primary does not answer
            notBefore.put(scope, System.nanoTime() + REVIEW.toNanos());
            var unused = add(scope, Optional.empty(), Map.of());
          }
        });
  }

  /** Whether a member that is not seen now may show what the virtual node stands for. */
  private boolean mayComeBack(Scope scope) {
    return scope instanceof Scope.OfNode one
        && forwarder.configuration().member(one.node().member()).isPresent()
        && !forwarder.isFresh(one.node().member());
  }

  private static ThreadFactory daemon(String name) {
    return task -> {
      var made = new Thread(task, name);
      made.setDaemon(true);
      return made;
    };
  }

  private void onThread(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("closed while a virtual node has ended");
    }
  }

  /** Completes when every virtual node is registered that the first look at the members shows. */
  CompletionStage<Void> ready() {
    return ready;
  }

  /** Completes when all are closed; fails if the only one can no longer be run. */
  CompletionStage<Void> ended() {
    return ended;
  }

  /** What each virtual node stands for, by its name. */
  Map<String, Scope> parts() {
    var parts = new HashMap<String, Scope>();
    entries.keySet().stream()
        .filter(scope -> !(scope instanceof Scope.Former))
        .forEach(scope -> parts.put(identity.name(scope), scope));
    return parts;
  }

  /** The name of the virtual node that offers that member node's room. */
  String nameFor(NodeKey node) {
    return switch (settings.topology()) {
      case AGGREGATE -> identity.name(Scope.WHOLE);
      case PER_MEMBER -> identity.name(new Scope.OfMember(node.member()));
      case PER_NODE -> identity.name(NodeIdentity.ofNode(node));
    };
  }

  /** What all have done together since the start. */
  NodeCounters counters() {
    return entries.values().stream()
        .map(entry -> entry.node.counters())
        .reduce(NodeCounters.NONE, NodeCounters::plus);
  }

  /** The configuration has other members. */
  void membersChanged() {
    soon();
  }

  @Override
  public void close() {
    thread.shutdownNow();
    removals.shutdown();
    host.close();
    ended.complete(null);
  }
}
