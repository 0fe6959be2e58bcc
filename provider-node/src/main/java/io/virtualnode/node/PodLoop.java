package io.virtualnode.node;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
  private final PrimaryApi api;
  private final Threads threads;
  private final Pods pods;
  private final Events events;
  private final StatusWriter writer;
  private final WorkQueue<PodKey> podQueue;
  private final WorkQueue<PodKey> statusQueue;
  private final PodWatch watch;

  PodLoop(
      String nodeName,
      Provider provider,
      KubernetesClient client,
      PrimaryApi api,
      Threads threads,
      Counters counters) {
    this.nodeName = nodeName;
    this.api = api;
    this.threads = threads;
    this.pods = new Pods(provider.pushedConditions());
    Timer timer = threads.timer();
    RandomGenerator random = RandomGenerator.getDefault();
    this.events = new Events(api, nodeName, timer, counters);
    this.writer = new StatusWriter(api, pods, events, threads.calls(), timer, counters);
    this.statusQueue =
        new WorkQueue<>("status write", writer::write, threads.writes(), timer, random);
    PodController controller =
        new PodController(provider, pods, events, counters, statusQueue::add);
    this.podQueue = new WorkQueue<>("work", controller::reconcile, threads.calls(), timer, random);
    PodObserver observer = provider instanceof PodObserver observing ? observing : null;
    this.watch =
        new PodWatch(client, nodeName, pods, new PodInbox(pods, observer, this::look), api, timer);
  }

  /** The provider's way back. */
  ProviderLink link(String primaryUid, Consumer<NodeReport> reports) {
    return new ProviderLink(
        nodeName,
        primaryUid,
        api,
        pods,
        events,
        reports,
        podQueue::add,
        statusQueue::add,
        threads.calls());
  }

  /** Completes when every pod of the node has been seen and observed. */
  CompletionStage<Void> start() {
    return watch.start();
  }

  /** How many pods anything is remembered of. */
  int known() {
    return pods.states().size();
  }

  /**
   * Hears of no more pods, waits a bounded time for calls and writes under way, and writes the
   * statuses that are due.
   */
  CompletionStage<@Nullable Void> end() {
    watch.close();
    return within(podQueue.close(), "calls of the provider")
        .thenCompose(
            nothing -> {
              writer.hurry();
              pods.states().forEach(state -> statusQueue.add(state.key()));
              return within(statusQueue.close(), "status writes");
            });
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
