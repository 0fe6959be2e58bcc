package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.virtualnode.api.NodeReport;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the Node object in the primary as the provider reports it.
 *
 * <p>A change is written at once; the next one at least {@link #SPACING} later, then with all that
 * came meanwhile. An unchanged status is written every five minutes, as a kubelet does
 * (nodeStatusReportFrequency), at a moment of the node's own. A Node that somebody deleted is
 * created again at once with the last report, so that nothing is overbooked; a Node of the name
 * that is not ours is never touched: it ends this one.
 */
final class NodeController implements AutoCloseable {

  /** The shortest time between two writes of the status. */
  static final Duration SPACING = Duration.ofMillis(250);

  /** The time between two writes of a status that does not change. */
  static final Duration HEARTBEAT = Duration.ofMinutes(5);

  private static final Logger log = LoggerFactory.getLogger(NodeController.class);
  private static final Duration REREAD_DELAY = Duration.ofMillis(20);

  private final String name;
  private final ObservedNode observed = new ObservedNode();
  private final NodeWriter writer;
  private final LeaseKeeper lease;
  private final WorkQueue<String> queue;
  private final CompletableFuture<Void> checked = new CompletableFuture<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<NodeException> failed = new CompletableFuture<>();
  private final AtomicBoolean asked = new AtomicBoolean();

  private volatile NodeDescription description;
  private volatile boolean started;
  private volatile boolean podsSynced;
  private final LatestReport report = new LatestReport();

  /**
   * A controller that begins with {@link #start}.
   *
   * @param phase where in the interval between two heartbeats this node's is, from 0 to below 1
   */
  NodeController(
      NodeDescription description,
      NodeApi api,
      LeaseKeeper lease,
      double phase,
      Executor executor,
      Timer timer,
      Counters counters) {
    this.name = description.name();
    this.description = description;
    Cadence heartbeat = new Cadence(HEARTBEAT, phase);
    this.writer = new NodeWriter(description, api, observed, heartbeat, timer, counters);
    this.lease = lease;
    this.queue =
        new WorkQueue<>(
            "node update", key -> reconcile(), executor, timer, RandomGenerator.getDefault());
    lease.forgotten().thenRun(this::forgotten);
  }

  /** Begins to ask whose the name is. */
  void start() {
    started = true;
    queue.add(name);
  }

  /** Completes when the primary has said that the name is free, or ours. */
  CompletionStage<Void> checked() {
    return checked;
  }

  /** Completes when the node is registered and its lease held. */
  CompletionStage<Void> ready() {
    return ready;
  }

  /** Completes with the reason if the node can never, or no longer, be run. */
  CompletionStage<NodeException> failed() {
    return failed;
  }

  /** Every pod bound to the node is known: it may be registered. */
  void podsSynced() {
    podsSynced = true;
    queue.add(name);
  }

  /**
   * Replaces the report. Cheap: nothing happens while an earlier one waits for its turn.
   *
   * @return completes when the primary has it or a newer one
   */
  CompletionStage<Void> report(NodeReport newest) {
    CompletionStage<Void> stored = report.set(newest);
    if (!asked.getAndSet(true)) {
      queue.add(name);
    }
    return stored;
  }

  /** Changes how the node is described, its name excepted. */
  synchronized void describe(UnaryOperator<NodeDescription> change) {
    description = change.apply(description);
    queue.add(name);
  }

  NodeDescription description() {
    return description;
  }

  /** Tells the observer of the Node as it stands, from now on. */
  void onSeen(Consumer<Node> observer) {
    observed.tell(observer);
  }

  /** The watch shows the Node of our name. */
  void seen(Node node) {
    if (observed.seen(node)) {
      queue.add(name);
    }
  }

  /** The watch shows that the Node of our name was deleted. */
  void deleted(Node node) {
    if (observed.deleted(node)) {
      log.warn("Node {} was deleted by somebody and is created again", name);
    }
    queue.add(name);
  }

  @Override
  public void close() {
    queue.close();
  }

  private CompletionStage<Outcome> reconcile() {
    if (!started || failed.isDone()) {
      asked.set(false);
      return Outcome.done();
    }
    if (!checked.isDone()) {
      return writer.reread(null).thenApply(live -> check());
    }
    if (!report.isPresent() || !podsSynced) {
      asked.set(false);
      return Outcome.done();
    }
    Node node = observed.newest();
    Duration tooEarly = writer.untilPassed(SPACING);
    if (node != null && !tooEarly.isZero()) {
      return Outcome.retryAfter(tooEarly);
    }
    asked.set(false);
    writer.describe(description);
    // Taken after that: who finds it asked for set it.
    NodeReport newest = report.takeToWrite().orElseThrow();
    if (node == null) {
      return writer.create(newest).thenApply(this::written).exceptionallyCompose(this::notCreated);
    }
    if (!observed.isOurs(node)) {
      refuse();
      return Outcome.done();
    }
    return writer.update(node, newest).thenApply(this::written);
  }

  private Outcome check() {
    Node node = observed.newest();
    if (node != null && !observed.isOurs(node)) {
      refuse();
      return Outcome.DONE;
    }
    checked.complete(null);
    return Outcome.AGAIN;
  }

  private Outcome written(Optional<Node> stored) {
    if (stored.isEmpty()) {
      return new Outcome.RetryAfter(REREAD_DELAY);
    }
    report.stored();
    lease.nodeStands(stored.get()).thenRun(this::registered);
    return new Outcome.RetryAfter(writer.untilHeartbeat());
  }

  private void registered() {
    if (ready.complete(null)) {
      log.info("Node {} is registered", name);
    }
  }

  private CompletionStage<Outcome> notCreated(Throwable failure) {
    Throwable cause = PrimaryApi.unwrap(failure);
    if (PrimaryApi.code(cause) != PrimaryApi.INVALID) {
      return CompletableFuture.failedFuture(cause);
    }
    fail(
        NodeException.Reason.INVALID,
        "The primary refuses Node " + name + " as malformed: " + cause.getMessage(),
        cause);
    return Outcome.done();
  }

  private void refuse() {
    fail(
        NodeException.Reason.NAME_TAKEN,
        "Node "
            + name
            + " exists and has no label "
            + NodeObject.MANAGED_LABEL
            + "=true: it is not a virtual node of ours and is left alone. Choose another name.",
        null);
  }

  private void forgotten() {
    fail(
        NodeException.Reason.PRIMARY_RESTORED,
        "The primary is in an older state than it was: Node "
            + name
            + " ends here, and is to be started anew. Was the primary restored from a backup?",
        null);
  }

  private void fail(NodeException.Reason reason, String message, @Nullable Throwable cause) {
    log.error("{}", message);
    lease.close();
    failed.complete(new NodeException(reason, message, cause));
  }
}
