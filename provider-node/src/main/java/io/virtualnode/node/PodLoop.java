package io.virtualnode.node;

import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods of one node, from the watch to the provider and back: its two queues and what they run.
 */
final class PodLoop {

  private static final Logger log = LoggerFactory.getLogger(PodLoop.class);
  private static final Duration CLOSE_BOUND = Duration.ofSeconds(10);

  private final String nodeName;
  private final NodeHost host;
  private final Pods pods;
  private final PodInbox inbox;
  private final Events events;
  private final StatusWriter writer;
  private final WorkQueue<PodKey> podQueue;
  private final WorkQueue<PodKey> statusQueue;

  PodLoop(String nodeName, Provider provider, NodeHost host, Counters counters) {
    this.nodeName = nodeName;
    this.host = host;
    this.pods = new Pods(host.podWatch().store(), provider.pushedConditions());
    Threads threads = host.threads();
    Timer timer = threads.timer();
    RandomGenerator random = RandomGenerator.getDefault();
    this.events = new Events(host.api(), nodeName, timer, counters);
    this.writer = new StatusWriter(host.api(), pods, events, threads.calls(), timer, counters);
    this.statusQueue =
        new WorkQueue<>("status write", writer::write, threads.writes(), timer, random);
    PodController controller =
        new PodController(provider, pods, events, counters, statusQueue::add);
    this.podQueue = new WorkQueue<>("work", controller::reconcile, threads.calls(), timer, random);
    PodObserver observer = provider instanceof PodObserver observing ? observing : null;
    this.inbox = new PodInbox(pods, observer, this::look);
  }

  /** The provider's way back. */
  ProviderLink link(String primaryUid, Function<NodeReport, CompletionStage<Void>> reports) {
    return new ProviderLink(
        nodeName,
        primaryUid,
        host.api(),
        pods,
        events,
        reports,
        podQueue::add,
        statusQueue::add,
        host.threads().calls());
  }

  /** Completes when every pod of the node has been seen and observed. */
  CompletionStage<Void> start() {
    return host.podWatch().add(nodeName, inbox);
  }

  /** How many pods anything is remembered of. */
  int known() {
    return pods.states().size();
  }

  /**
   * Hears of no more pods, waits a bounded time for calls and writes under way, and writes the
   * statuses that are due.
   */
  CompletionStage<Void> end() {
    host.podWatch().remove(nodeName);
    return within(podQueue.close(), "calls of the provider")
        .thenCompose(
            nothing -> {
              writer.hurry();
              pods.states().forEach(state -> statusQueue.add(state.key()));
              return within(statusQueue.close(), "status writes");
            })
        .thenAccept(nothing -> pods.store().leave(nodeName));
  }

  private void look(PodKey key) {
    podQueue.add(key);
    statusQueue.add(key);
  }

  private CompletableFuture<@Nullable Void> within(CompletionStage<Void> end, String what) {
    return end.toCompletableFuture()
        .orTimeout(CLOSE_BOUND.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            failure -> {
              log.warn("Node {} did not wait longer for {}", nodeName, what);
              return null;
            });
  }
}
