package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.Provider;
import io.virtualnode.testkit.LocalCluster;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** A thousand virtual nodes in one process, against one real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ThousandNodesIT {

  private static final int NODES = 1000;
  private static final int WRITES_PER_SECOND = 120;
  private static final int THREADS = 60;
  private static final int THREADS_OF_A_JVM = 20;
  private static final Duration MEASURED = Duration.ofSeconds(40);

  @Test
  void thousand_idle_nodes_are_ready_with_few_writes_threads_and_bytes() {
    try (LocalCluster cluster = LocalCluster.builder("thousand").scheduler(false).start();
        KubernetesClient client =
            ApiClients.client(Config.fromKubeconfig(cluster.kubeconfig().toFile()))) {
      NodeHost host = NodeHost.on(client);
      long heapBefore = usedHeap();
      int threadsBefore = threads();
      long started = System.nanoTime();
      List<VirtualNode> nodes = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        nodes.add(host.add(NodeDescription.builder("idle-" + i).build(), new Idle()));
      }
      nodes.get(0).ready().toCompletableFuture().join();
      long first = System.nanoTime() - started;
      nodes.forEach(
          node -> node.ready().toCompletableFuture().orTimeout(180, TimeUnit.SECONDS).join());
      long all = System.nanoTime() - started;
      int busyThreads = threads();

      awaitQuiet(cluster);
      Map<String, Long> before = ApiWrites.of(cluster);
      List<Long> eachSecond = new ArrayList<>();
      long begun = System.nanoTime();
      long seen = total(before);
      for (int second = 0; second < MEASURED.toSeconds(); second++) {
        long until = begun + TimeUnit.SECONDS.toNanos(second + 1);
        await().pollInterval(Duration.ofMillis(5)).until(() -> System.nanoTime() >= until);
        long now = total(ApiWrites.of(cluster));
        eachSecond.add(now - seen);
        seen = now;
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      Map<String, Long> writes = ApiWrites.since(before, cluster);
      double perSecond = total(writes) / seconds;
      eachSecond.sort(null);
      long heap = usedHeap() - heapBefore;

      System.out.printf(
          "%d nodes: first ready after %d ms, all after %d ms; %.1f writes/s (in one second %d to"
              + " %d); threads %d while registering, %d idle, %d before; heap %.1f MB, %.1f KB a"
              + " node%n%s%n",
          NODES,
          TimeUnit.NANOSECONDS.toMillis(first),
          TimeUnit.NANOSECONDS.toMillis(all),
          perSecond,
          eachSecond.get(0),
          eachSecond.get(eachSecond.size() - 1),
          busyThreads,
          threads(),
          threadsBefore,
          heap / 1e6,
          heap / 1e3 / NODES,
          writes);
      assertThat(readyNodes(client)).isEqualTo(NODES);
      assertThat(perSecond).isLessThan(WRITES_PER_SECOND);
      assertThat(eachSecond.get(eachSecond.size() - 1)).isLessThan(2L * WRITES_PER_SECOND);
      // The rest of the JVM and what other tests left behind are not the nodes' own.
      assertThat(busyThreads - threadsBefore).isLessThan(THREADS - THREADS_OF_A_JVM);

      long closing = System.nanoTime();
      host.close();
      System.out.printf(
          "closed after %d ms%n", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - closing));
      assertThat(host.nodes()).isEmpty();
    }
  }

  /** Until the cluster's own controllers have dealt with the new nodes, as they do once. */
  private static void awaitQuiet(LocalCluster cluster) {
    AtomicReference<Map<String, Long>> before = new AtomicReference<>(ApiWrites.of(cluster));
    await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofSeconds(5))
        .until(
            () -> {
              Map<String, Long> then = requireNonNull(before.getAndSet(ApiWrites.of(cluster)));
              Map<String, Long> writes = ApiWrites.since(then, cluster);
              return !writes.containsKey("POST events") && !writes.containsKey("PATCH nodes");
            });
  }

  private static long readyNodes(KubernetesClient client) {
    return client.nodes().withLabel(NodeObject.MANAGED_LABEL, "true").list().getItems().stream()
        .filter(ThousandNodesIT::isReady)
        .count();
  }

  private static boolean isReady(Node node) {
    return node.getStatus().getConditions().stream()
        .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private static long total(Map<String, Long> writes) {
    return writes.values().stream().mapToLong(Long::longValue).sum();
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** A provider with room and no pods. */
  private static final class Idle implements Provider {

    @Override
    public void start(NodeContext node) {
      node.report(NodeReport.ready(MemoryProvider.ALLOCATABLE));
    }

    @Override
    public CompletionStage<Void> apply(Pod pod) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> remove(PodKey pod, Duration grace) {
      return CompletableFuture.completedFuture(null);
    }
  }
}
