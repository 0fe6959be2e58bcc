package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.testkit.FaultProxy;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What waits for a member that does not answer, {@code -Dgone.seconds} long, while the other one
 * works. Heap is what is live after a collection, of this JVM, in which the node runs.
 */
@Alone
@DisplayName("a member that is gone for hours")
class MemberGoneIT {

  private static final Duration GONE = Duration.ofSeconds(Integer.getInteger("gone.seconds", 30));
  private static final Duration SETTLING = Duration.ofSeconds(10);
  private static final int THERE = 100;
  private static final int DELETED = 40;
  private static final long MIB = 1 << 20;

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(64), NodeShape.cores(8));
    federation.stopNode();
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @Test
  @DisplayName("makes neither memory nor threads grow, and all that waited for it is done at once")
  void gone() {
    try (FaultProxy network = federation.a.faultProxy()) {
      var access = ClusterAccess.of(federation.a.kubeconfigVia(network));
      var configuration =
          federation.configuration(
              MemberSettings.named("a", access), Federation.settings(federation.b));
      try (var node = new ForwardingNode(configuration)) {
        node.start();
        node.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
        gone(network);
        assertThat(node.drift()).isZero();
      }
    }
  }

  private void gone(FaultProxy network) {
    var local = federation.b.client().resource(Federation.localPod("local", "8")).create();
    federation.awaitTruth("a local pod");
    for (int i = 0; i < THERE; i++) {
      federation.submit(pod("there" + i, "500m", Map.of()));
    }
    await("all run in a").atMost(Duration.ofMinutes(2)).until(() -> running() == THERE);
    federation.b.client().resource(local).withGracePeriod(0).delete();
    var inA =
        Federation.delegatesIn(federation.a.client()).stream()
            .map(pod -> pod.getMetadata().getAnnotations().get("virtualnode.io/proxy"))
            .map(name -> name.substring(name.indexOf('/') + 1))
            .limit(DELETED)
            .collect(Collectors.toSet());
    assertThat(inA).hasSize(DELETED);

    network.blackHole();
    long begin = System.nanoTime();
    inA.forEach(
        name -> federation.primary.client().pods().inNamespace(NAMESPACE).withName(name).delete());
    int churned = workUntil(begin + SETTLING.toNanos(), 0);
    long heap = liveHeap();
    int threads = Thread.activeCount();
    churned = workUntil(begin + GONE.toNanos(), churned);
    long growth = liveHeap() - heap;
    System.out.printf(
        "a member gone for %d s with %d pods, %d of them being deleted, while %d ran in the other:"
            + " live heap %+.1f MiB of %.1f, threads %+d%n",
        GONE.toSeconds(),
        THERE,
        DELETED,
        churned,
        (double) growth / MIB,
        (double) heap / MIB,
        Thread.activeCount() - threads);
    assertThat(growth).isLessThan(2 * MIB);
    assertThat(Thread.activeCount() - threads).isLessThan(4);
    assertThat(names()).as("none goes before its end is known").containsAll(inA);

    network.pass();
    await("what was deleted is gone")
        .atMost(Federation.LIMIT)
        .until(() -> names().stream().noneMatch(inA::contains));
    assertThat(running()).isEqualTo(THERE - DELETED);
    assertThat(Federation.delegatesIn(federation.a.client()))
        .allSatisfy(pod -> assertThat(pod.isMarkedForDeletion()).isFalse());
  }

  /** One pod after the other in the other member; how many so far. */
  private static int workUntil(long nanoTime, int before) {
    int done = before;
    while (System.nanoTime() - nanoTime < 0) {
      var name = "next" + done++;
      federation.submit(pod(name, "1", Map.of(Simulation.RUN_FOR, "100ms")));
      federation.awaitPhase(name, "Succeeded");
      federation.primary.client().pods().inNamespace(NAMESPACE).withName(name).delete();
    }
    return done;
  }

  private static long liveHeap() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  private static long running() {
    return pods().stream()
        .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
        .filter(pod -> !pod.isMarkedForDeletion())
        .count();
  }

  private static Set<String> names() {
    return pods().stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
  }

  private static List<Pod> pods() {
    return federation.primary.client().pods().inNamespace(NAMESPACE).list().getItems();
  }
}
