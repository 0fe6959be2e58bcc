package io.virtualnode.examples.custom;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.Provider;
import io.virtualnode.node.VirtualNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Runs every pod as a nap: Running for a fixed time, then Succeeded. */
public final class SleepProvider implements Provider {

  private final Duration nap;
  private final Map<PodKey, Future<?>> naps = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  @SuppressWarnings("NullAway.Init") // start comes before everything else
  private volatile NodeContext node;

  SleepProvider(Duration nap) {
    this.nap = nap;
  }

  /** Runs the node {@code sleep} in the cluster that kubectl would use, until SIGTERM. */
  public static void main(String[] args) {
    VirtualNode.run(new SleepProvider(Duration.ofSeconds(3)), "sleep");
  }

  @Override
  public void start(NodeContext context) {
    node = context;
    node.report(
        NodeReport.ready(
            Map.of(
                "cpu", new Quantity("4"),
                "memory", new Quantity("8Gi"),
                "pods", new Quantity("100"))));
  }

  @Override
  public CompletionStage<Void> apply(Pod pod) { // may come again for a pod that naps already
    naps.computeIfAbsent(PodKey.of(pod), key -> fallAsleep(key, pod));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> remove(PodKey pod, Duration grace) { // also for one never seen
    var end = naps.remove(pod);
    if (end != null) {
      end.cancel(false);
    }
    node.podGone(pod);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void stop() { // the next process goes on with the naps: their start is in the pods' status
    clock.shutdownNow();
  }

  private Future<?> fallAsleep(PodKey key, Pod pod) {
    var before = pod.getStatus().getStartTime();
    var since = before == null ? Instant.now() : Instant.parse(before);
    var running =
        new ContainerStateBuilder().withNewRunning().withStartedAt(since + "").endRunning();
    node.podStatus(key, status("Running", pod, since, running.build()));
    return clock.schedule(
        () -> wakeUp(key, pod, since),
        Duration.between(Instant.now(), since.plus(nap)).toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void wakeUp(PodKey key, Pod pod, Instant since) {
    var terminated =
        new ContainerStateBuilder()
            .withNewTerminated()
            .withExitCode(0)
            .withReason("Completed")
            .withStartedAt(since + "")
            .withFinishedAt(Instant.now() + "")
            .endTerminated();
    node.podStatus(key, status("Succeeded", pod, since, terminated.build()));
  }

  private static PodStatus status(String phase, Pod pod, Instant since, ContainerState state) {
    var ready = phase.equals("Running");
    return new PodStatusBuilder()
        .withPhase(phase)
        .withStartTime(since + "")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .endCondition()
        .withContainerStatuses(
            pod.getSpec().getContainers().stream()
                .map(
                    container -> container(container.getName(), container.getImage(), ready, state))
                .toList())
        .build();
  }

  private static ContainerStatus container(
      String name, String image, boolean ready, ContainerState state) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withImage(image)
        .withImageID("")
        .withReady(ready)
        .withRestartCount(0)
        .withState(state)
        .build();
  }
}
