package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.TopologyPlan.Look;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.node.NodeCounters;
import io.virtualnode.node.NodeHost;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;
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

  private final Forwarder forwarder;
  private final NodeSettings settings;
  private final NodeIdentity identity;
  private final Predicate<Scope> parts;
  private final RunningNodes running;
  private final AtomicBoolean due = new AtomicBoolean();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("vnode-topology"));

  private VirtualNodes(
      NodeHost host,
      Forwarder forwarder,
      NodeSettings settings,
      Predicate<Scope> parts,
      Duration patience) {
    this.parts = parts;
    this.forwarder = forwarder;
    this.settings = settings;
    this.identity = new NodeIdentity(settings.name());
    this.running =
        new RunningNodes(host, forwarder, settings, patience, this::onThread, this::fail);
  }

  /**
   * Starts those that there are to be by what is known already.
   *
   * @param parts those that are to be looked after, by what they stand for
   * @param present all virtual nodes that the primary has
   * @param patience how long a virtual node stays without pods when its member's node is gone: one
   *     that is only registered anew keeps it
   */
  static VirtualNodes start(
      KubernetesClient primary,
      Forwarder forwarder,
      NodeSettings settings,
      Predicate<Scope> parts,
      List<Node> present,
      Duration patience) {
    var identity = new NodeIdentity(settings.name());
    var before = new HashMap<Scope, Node>();
    for (var node : present) {
      identity.scopeOf(node).filter(parts).ifPresent(scope -> before.put(scope, node));
    }
    before.forEach((scope, node) -> forwarder.nodeObserved(node, scope)); // before any pod is
    boolean alone =
        settings.topology() == Topology.AGGREGATE
            && before.keySet().stream().allMatch(Scope.WHOLE::equals);
    var host = alone ? NodeHost.ofOne(primary, settings.name()) : NodeHost.on(primary);
    var nodes = new VirtualNodes(host, forwarder, settings, parts, patience);
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
    var plan = plan().keySet();
    var synced =
        Stream.concat(before.keySet().stream(), plan.stream())
            .distinct()
            .map(scope -> running.add(scope, Optional.empty(), before))
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
    var plan =
        TopologyPlan.of(
            settings, forwarder.configuration().members(), forwarder.memberNodes().all());
    plan.keySet().removeIf(parts.negate());
    return plan;
  }

  /** The first look at the members has been taken. */
  private void reviewAndBeReady() {
    tryReview();
    var unused = running.ready().thenRun(() -> ready.complete(null));
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
    running.scopes().stream() // first, so that no room is offered twice
        .filter(scope -> !plan.containsKey(scope))
        .forEach(running::unwanted);
    plan.forEach(running::want);
  }

  private void onThread(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("closed while a virtual node has changed");
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

  /** What each virtual node that takes new pods stands for, by its name. */
  Map<String, Scope> parts() {
    var parts = new HashMap<String, Scope>();
    running.open().forEach(scope -> parts.put(identity.name(scope), scope));
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

  /** What all that run have done together since each was started. */
  NodeCounters counters() {
    return running.counters();
  }

  /** The configuration has other members. */
  void membersChanged() {
    soon();
  }

  @Override
  public void close() {
    thread.shutdownNow();
    running.close();
    ended.complete(null);
  }
}
