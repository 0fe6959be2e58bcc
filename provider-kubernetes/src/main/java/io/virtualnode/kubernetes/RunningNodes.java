package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.virtualnode.kubernetes.TopologyPlan.Look;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.node.NodeCounters;
import io.virtualnode.node.NodeDescription;
import io.virtualnode.node.NodeException;
import io.virtualnode.node.NodeHost;
import io.virtualnode.node.VirtualNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The virtual nodes that run: adds them to their host, lets them look as they should, and takes out
 * of the primary those that nobody asks for.
 *
 * <p>Changed on one thread, which is given; questions may be asked on any.
 */
final class RunningNodes implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RunningNodes.class);
  private static final Duration RETRY = Duration.ofMinutes(1);
  private static final Duration RETRY_OF_REMOVAL = Duration.ofSeconds(10);
  private static final Duration LONGEST_REMOVAL = Duration.ofSeconds(5);
  private static final int REMOVALS = 8; // at a time, each of about half a second

  private final NodeHost host;
  private final Forwarder forwarder;
  private final NodeSettings settings;
  private final Duration patience;
  private final Executor thread;
  private final Consumer<Throwable> fatal;
  private final NodeIdentity identity;
  private final Map<Scope, Entry> entries = new ConcurrentHashMap<>(); // changed on the thread only
  private final Map<Scope, Long> notBefore = new HashMap<>(); // touched on the thread only
  private final ExecutorService removals =
      Executors.newFixedThreadPool(REMOVALS, new DaemonThreads("vnode-removal"));

  /**
   * A virtual node that runs.
   *
   * @param unwantedSince when it was first found that nobody asks for it; null while somebody does
   */
  private record Entry(
      VirtualNode node,
      ForwardingProvider provider,
      Optional<Look> look,
      @Nullable Long unwantedSince) {

    Entry looking(Look newest) {
      return new Entry(node, provider, Optional.of(newest), unwantedSince);
    }

    Entry unwanted(@Nullable Long since) {
      return new Entry(node, provider, look, since);
    }
  }

  /**
   * None yet.
   *
   * @param patience how long one stays without pods that nobody asks for
   * @param thread where changes are made; what ends is noticed there
   * @param fatal told when the one for the whole, or none, can be run any longer
   */
  RunningNodes(
      NodeHost host,
      Forwarder forwarder,
      NodeSettings settings,
      Duration patience,
      Executor thread,
      Consumer<Throwable> fatal) {
    this.host = host;
    this.forwarder = forwarder;
    this.settings = settings;
    this.patience = patience;
    this.thread = thread;
    this.fatal = fatal;
    this.identity = new NodeIdentity(settings.name());
  }

  /** What each that runs and is asked for stands for. */
  Set<Scope> open() {
    return entries.entrySet().stream()
        .filter(entry -> entry.getValue().unwantedSince == null)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  /** What each that runs stands for. */
  Set<Scope> scopes() {
    return Set.copyOf(entries.keySet());
  }

  /**
   * Completes when all that run are registered. One of several that cannot be does not keep the
   * others from being ready; the one for the whole fails this.
   */
  CompletableFuture<Void> ready() {
    var ready = new ArrayList<CompletableFuture<Void>>();
    entries.forEach(
        (scope, entry) -> {
          var one = entry.node.ready().toCompletableFuture();
          ready.add(scope.equals(Scope.WHOLE) ? one : one.exceptionally(failure -> null));
        });
    return CompletableFuture.allOf(ready.toArray(CompletableFuture<?>[]::new));
  }

  /**
   * One is asked for: it is added, if it does not run, and looks as it should.
   *
   * @param look empty while that is not known
   */
  void want(Scope scope, Optional<Look> look) {
    var entry = entries.get(scope);
    if (entry != null) {
      forwarder.setClosed(scope, false);
      entries.put(scope, dressed(entry, look).unwanted(null));
    } else if (mayBeTried(scope)) {
      var unused = add(scope, mayBeDressed(scope) ? look : Optional.empty(), Map.of());
    }
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
   * Adds a virtual node; one that the topology does not know offers nothing new.
   *
   * @param look how it is to look, if that is known
   * @param before the Nodes that the primary has from before, one of which is taken over if it is
   *     not
   * @return completes when all its pods are known, or it has ended
   */
  CompletableFuture<Void> add(Scope scope, Optional<Look> look, Map<Scope, Node> before) {
    var provider = new ForwardingProvider(forwarder, scope);
    var node = host.add(description(scope, look, before), provider);
    boolean known = isKnown(scope);
    forwarder.setClosed(scope, !known);
    entries.put(scope, new Entry(node, provider, look, known ? null : System.nanoTime()));
    node.ended()
        .whenComplete((nothing, failure) -> thread.execute(() -> hasEnded(scope, node, failure)));
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
      Optional.ofNullable(before.get(scope)).ifPresent(description::keeping);
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
    if (scope.equals(Scope.WHOLE) || concernsAll(failure)) {
      fatal.accept(failure);
    }
  }

  private static boolean concernsAll(Throwable failure) {
    var cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof NodeException reason
        && reason.reason() == NodeException.Reason.PRIMARY_RESTORED;
  }

  private boolean isKnown(Scope scope) {
    return TopologyPlan.knows(settings, forwarder.configuration().members(), scope);
  }

  /**
   * Nobody asks for it: it offers nothing new, and is taken out of the primary in time, unless a
   * pod is on it.
   */
  void unwanted(Scope scope) {
    var entry = entries.get(scope);
    if (entry == null || mayComeBack(scope)) {
      return;
    }
    long now = System.nanoTime();
    if (entry.unwantedSince == null) {
      forwarder.setClosed(scope, true);
      entries.put(scope, entry.unwanted(now));
    }
    long sinceNanos = entry.unwantedSince == null ? now : entry.unwantedSince;
    if (!entry.provider.synced().toCompletableFuture().isDone() // its pods are not known yet
        || forwarder.hasProxies(scope)
        || (isKnown(scope) && now - sinceNanos < patience.toNanos())
        || !mayBeTried(scope)) {
      return;
    }
    log.info("Node {} is no longer asked for and has no pods", entry.node.name());
    entries.remove(scope);
    notBefore.put(scope, now + RETRY.toNanos()); // not to be added while it is being removed
    removals.execute(() -> remove(scope, entry));
  }

  private void remove(Scope scope, Entry entry) {
    boolean removed = isRemoved(entry.node);
    thread.execute(
        () -> {
          if (removed) {
            notBefore.remove(scope);
            forwarder.removed(scope);
          } else { // it has pods all the same, or the primary does not answer
            notBefore.put(scope, System.nanoTime() + RETRY_OF_REMOVAL.toNanos());
            var unused = add(scope, entry.look, Map.of());
          }
        });
  }

  private static boolean isRemoved(VirtualNode node) {
    try {
      return node.remove();
    } catch (RuntimeException e) { // it has ended by itself in between
      log.warn("Node {} could not be removed", node.name(), e);
      return false;
    }
  }

  /** Whether a member that is not seen now may show what the virtual node stands for. */
  private boolean mayComeBack(Scope scope) {
    return scope instanceof Scope.OfNode one
        && forwarder.configuration().member(one.node().member()).isPresent()
        && !forwarder.isFresh(one.node().member());
  }

  /** What all have done together since the start. */
  NodeCounters counters() {
    return entries.values().stream()
        .map(entry -> entry.node.counters())
        .reduce(NodeCounters.NONE, NodeCounters::plus);
  }

  /** Closes all; those that are being removed are removed. */
  @Override
  public void close() {
    removals.shutdown();
    try {
      if (!removals.awaitTermination(LONGEST_REMOVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("Nodes are still being removed; the next process goes on");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    host.close();
  }
}
