package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.NodeReport;
import io.virtualnode.node.WorkQueue.Outcome;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the Node object in the primary as the provider reports it.
 *
 * <p>A change is written at once; the next one at least {@link #SPACING} later, then with all that
 * came meanwhile. An unchanged status is written every five minutes, as a kubelet does
 * (nodeStatusReportFrequency). A Node that somebody deleted is created again at once with the last
 * report, so that nothing is overbooked; a Node of the name that is not ours is never touched.
 */
final class NodeController implements AutoCloseable {

  /** The shortest time between two writes of the status. */
  static final Duration SPACING = Duration.ofMillis(250);

  private static final Duration HEARTBEAT = Duration.ofMinutes(5);
  private static final Logger log = LoggerFactory.getLogger(NodeController.class);

  private final String name;
  private final NodeObject object;
  private final PrimaryApi api;
  private final Timer timer;
  private final Counters counters;
  private final LeaseKeeper lease;
  private final SharedIndexInformer<Node> informer;
  private final WorkQueue<String> queue;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final AtomicBoolean asked = new AtomicBoolean();

  private volatile boolean podsSynced;
  private volatile boolean nodeSynced;
  private volatile @Nullable NodeReport report;

  /** The newest known; the watch and our own writes set it. */
  private volatile @Nullable Node observed;

  // touched by the queue's one run at a time only
  private final Set<String> formerConditions = new HashSet<>();
  private boolean taintsSettled;
  private boolean written;
  private long writtenAt;

  NodeController(
      NodeSettings settings,
      KubernetesClient client,
      PrimaryApi api,
      LeaseKeeper lease,
      Executor executor,
      Timer timer,
      Counters counters) {
    this.name = settings.name();
    this.object = new NodeObject(settings);
    this.api = api;
    this.timer = timer;
    this.counters = counters;
    this.lease = lease;
    this.queue =
        new WorkQueue<>(
            "node update", key -> reconcile(), executor, timer, RandomGenerator.getDefault());
    this.informer =
        client
            .nodes()
            .withField("metadata.name", name)
            .withLimit(1L)
            .runnableInformer(0)
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(new Handler());
  }

  void start() {
    informer.start();
  }

  /** Completes when the node is registered, fails if it cannot be. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** Every pod bound to the node is known: it may be registered. */
  void podsSynced() {
    podsSynced = true;
    queue.add(name);
  }

  /** Replaces the report. Cheap: nothing happens while an earlier one waits for its turn. */
  void report(NodeReport newest) {
    report = newest;
    if (!asked.getAndSet(true)) {
      queue.add(name);
    }
  }

  @Override
  public void close() {
    informer.stop();
    queue.close();
  }

  private CompletionStage<Outcome> reconcile() {
    if (report == null || !podsSynced || !nodeSynced) {
      asked.set(false);
      return Outcome.done();
    }
    long sinceWritten = timer.nanoTime() - writtenAt;
    Node node = observed;
    if (node != null && written && sinceWritten < SPACING.toNanos()) {
      return Outcome.retryAfter(SPACING.minusNanos(sinceWritten));
    }
    asked.set(false);
    NodeReport newest = report;
    if (newest == null) {
      return Outcome.done();
    }
    return node == null ? create(newest) : update(node, newest, sinceWritten);
  }

  private CompletionStage<Outcome> create(NodeReport newest) {
    wrote(newest);
    return api.createNode(object.create(newest, timer.now()))
        .thenApply(
            node -> {
              log.info("Node {} is registered with {}", name, newest.allocatable());
              taintsSettled = true;
              stands(node);
              return afterwards();
            })
        .exceptionallyCompose(
            failure ->
                PrimaryApi.code(failure) == PrimaryApi.CONFLICT
                    ? reread()
                    : CompletableFuture.failedFuture(PrimaryApi.unwrap(failure)));
  }

  private CompletionStage<Outcome> update(Node node, NodeReport newest, long sinceWritten) {
    if (!NodeObject.isOurs(node)) {
      refuse();
      return Outcome.done();
    }
    Optional<Map<String, Object>> metadata = object.metadataPatch(node, !taintsSettled);
    CompletionStage<Node> settled =
        metadata.isEmpty()
            ? CompletableFuture.completedFuture(node)
            : api.patchNode(name, metadata.get());
    return settled
        .thenCompose(
            current -> {
              taintsSettled = true;
              boolean heartbeat = !written || sinceWritten >= HEARTBEAT.toNanos();
              return object
                  .statusPatch(current, newest, formerConditions, heartbeat, timer.now())
                  .map(
                      patch -> {
                        wrote(newest);
                        return api.patchNodeStatus(name, patch);
                      })
                  .orElseGet(() -> CompletableFuture.completedFuture(current));
            })
        .thenApply(
            current -> {
              stands(current);
              return afterwards();
            })
        .exceptionallyCompose(
            failure ->
                switch (PrimaryApi.code(failure)) {
                  case PrimaryApi.CONFLICT, PrimaryApi.NOT_FOUND -> reread();
                  default -> CompletableFuture.failedFuture(PrimaryApi.unwrap(failure));
                });
  }

  private Outcome afterwards() {
    Duration sinceWritten = Duration.ofNanos(timer.nanoTime() - writtenAt);
    Duration left = HEARTBEAT.minus(sinceWritten);
    return new Outcome.RetryAfter(left.isNegative() ? SPACING : left);
  }

  private CompletionStage<Outcome> reread() {
    return api.node(name)
        .thenApply(
            live -> {
              observed = live.orElse(null);
              return new Outcome.RetryAfter(Duration.ofMillis(20));
            });
  }

  private void wrote(NodeReport newest) {
    counters.nodeStatusWrites.increment();
    written = true;
    writtenAt = timer.nanoTime();
    newest.conditions().stream().map(NodeCondition::getType).forEach(formerConditions::add);
  }

  private void stands(Node node) {
    observed(node);
    lease.nodeStands(node).thenRun(() -> ready.complete(null));
  }

  private void refuse() {
    String message =
        "Node "
            + name
            + " exists and has no label "
            + NodeObject.MANAGED_LABEL
            + "=true: it is not a virtual node of ours and is left alone. Choose another name.";
    if (ready.completeExceptionally(
        new NodeException(NodeException.Reason.NAME_TAKEN, message, null))) {
      log.error("{}", message);
    }
  }

  private synchronized void observed(Node node) {
    Node known = observed;
    boolean older =
        known != null
            && Objects.equals(known.getMetadata().getUid(), node.getMetadata().getUid())
            && ResourceVersions.isNewer(known, node);
    if (!older) {
      observed = node;
    }
  }

  /** Called by the informer, one call at a time. */
  private final class Handler implements ResourceEventHandler<Node> {

    @Override
    public void onAdd(Node node) {
      observed(node);
      queue.add(name);
    }

    @Override
    public void onUpdate(Node before, Node node) {
      observed(node);
      queue.add(name);
    }

    @Override
    public void onDelete(Node node, boolean finalStateUnknown) {
      forget(node);
      queue.add(name);
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
      nodeSynced = true;
      queue.add(name);
    }
  }

  private synchronized void forget(Node node) {
    Node known = observed;
    if (known != null
        && Objects.equals(known.getMetadata().getUid(), node.getMetadata().getUid())) {
      log.warn("Node {} was deleted by somebody and is created again", name);
      observed = null;
    }
  }
}
