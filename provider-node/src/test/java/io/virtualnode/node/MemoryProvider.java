package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A provider that runs nothing, remembers what it was asked, and says what the test tells it. */
final class MemoryProvider implements Provider, PodObserver {

  /** One call, when it came. */
  record Call(String what, PodKey pod, Duration grace, long nanoTime) {}

  static final Map<String, Quantity> ALLOCATABLE =
      Map.of("cpu", new Quantity("8"), "memory", new Quantity("16Gi"), "pods", new Quantity("100"));

  final List<Call> calls = new CopyOnWriteArrayList<>();
  final Map<PodKey, Long> observedAt = new ConcurrentHashMap<>();
  final List<PodKey> forgotten = new CopyOnWriteArrayList<>();
  final CompletableFuture<NodeContext> started = new CompletableFuture<>();
  final CompletableFuture<Integer> synced = new CompletableFuture<>();
  final CompletableFuture<Void> stopped = new CompletableFuture<>();

  volatile @Nullable NodeReport firstReport = NodeReport.ready(ALLOCATABLE);
  volatile Function<Pod, CompletionStage<?>> onApply =
      pod -> CompletableFuture.completedFuture(null);
  volatile BiFunction<PodKey, Duration, CompletionStage<?>> onRemove =
      (pod, grace) -> {
        node().podGone(pod);
        return CompletableFuture.completedFuture(null);
      };

  volatile Consumer<Pod> onObserved = pod -> {};
  volatile Consumer<NodeContext> onStart = node -> {};
  volatile UnaryOperator<@Nullable CompletionStage<Void>> applyResult = stage -> stage;

  NodeContext node() {
    return started.join();
  }

  @Override
  public void start(NodeContext node) {
    started.complete(node);
    NodeReport report = firstReport;
    if (report != null) {
      node.report(report);
    }
    onStart.accept(node);
  }

  @Override
  @SuppressWarnings("NullAway") // what some tests are about
  public CompletionStage<Void> apply(Pod pod) {
    calls.add(new Call("apply", PodKey.of(pod), Duration.ZERO, System.nanoTime()));
    return applyResult.apply(onApply.apply(pod).thenApply(any -> null));
  }

  @Override
  public CompletionStage<Void> remove(PodKey pod, Duration grace) {
    calls.add(new Call("remove", pod, grace, System.nanoTime()));
    return onRemove.apply(pod, grace).thenApply(any -> null);
  }

  @Override
  public void stop() {
    stopped.complete(null);
  }

  @Override
  public void podObserved(Pod pod) {
    observedAt.putIfAbsent(PodKey.of(pod), System.nanoTime());
    onObserved.accept(pod);
  }

  @Override
  public void podForgotten(PodKey pod, boolean witnessed) {
    forgotten.add(pod);
  }

  @Override
  public void podsSynced() {
    synced.complete(observedAt.size());
  }

  List<Call> calls(String what, PodKey pod) {
    return calls.stream().filter(c -> c.what().equals(what) && c.pod().equals(pod)).toList();
  }

  CompletionStage<Pod> recordDelegate(Pod pod) {
    return node().record(PodKey.of(pod), delegateCondition());
  }

  static PodCondition delegateCondition() {
    return new PodConditionBuilder()
        .withType("virtualnode.io/Delegate")
        .withStatus("True")
        .withReason("Placed")
        .withMessage("member-a")
        .build();
  }

  static PodStatus pending(String reason) {
    return new PodStatusBuilder().withPhase("Pending").withReason(reason).build();
  }

  static PodStatus running() {
    return new PodStatusBuilder()
        .withPhase("Running")
        .withPodIP("10.1.2.3")
        .withStartTime(Instant.parse("2026-01-01T00:00:00.123Z").toString())
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .addNewContainerStatus()
        .withName("main")
        .withImage("img")
        .withImageID("img@1")
        .withReady(true)
        .withRestartCount(0)
        .withNewState()
        .withNewRunning("2026-01-01T00:00:01.5Z")
        .endState()
        .endContainerStatus()
        .build();
  }

  static PodStatus ended(String phase, int exitCode) {
    return new PodStatusBuilder()
        .withPhase(phase)
        .withPodIP("10.1.2.3")
        .withStartTime("2026-01-01T00:00:00Z")
        .addNewCondition()
        .withType("Ready")
        .withStatus("False")
        .withReason("PodCompleted")
        .endCondition()
        .addNewContainerStatus()
        .withName("main")
        .withImage("img")
        .withImageID("img@1")
        .withReady(false)
        .withRestartCount(0)
        .withNewState()
        .withNewTerminated()
        .withExitCode(exitCode)
        .withReason(exitCode == 0 ? "Completed" : "Error")
        .withStartedAt("2026-01-01T00:00:01Z")
        .withFinishedAt("2026-01-01T00:00:02Z")
        .endTerminated()
        .endState()
        .endContainerStatus()
        .build();
  }
}
