package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Alone
@DisplayName("a thousand pods in one run")
class ThousandPodsIT {

  private static final int PODS = 1000;
  private static final int THREADS = 8;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private static Federation federation;

  @BeforeAll
  static void start() {
    var shape = NodeShape.cores(64).with("pods", "1000");
    federation = Federation.start(shape, shape);
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @Test
  @DisplayName("all run once and succeed, leave nothing behind, and the clusters work on")
  void all_succeed() {
    try (var primary = new Witness(federation.primary.client());
        var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      long begin = System.nanoTime();
      forEachPod(i -> submit("p" + i));
      double created = seconds(begin);
      await("all have ended")
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> count(primary, "Succeeded") + count(primary, "Failed") == PODS);
      double ended = seconds(begin);
      System.out.printf(
          "%d pods created in %.1f s, all ended after %.1f s: %.0f pods/s%n",
          PODS, created, ended, PODS / ended);
      assertThat(primary.histories().stream().map(states -> states.get(states.size() - 1)))
          .filteredOn(pod -> !phase(pod).equals("Succeeded"))
          .extracting(pod -> pod.getStatus().getReason() + ": " + pod.getStatus().getMessage())
          .isEmpty();
      assertThat(primary.histories())
          .allMatch(states -> states.stream().anyMatch(s -> phase(s).equals("Running")));
      assertThat(Stream.of(a, b).flatMap(member -> member.histories().stream())).hasSize(PODS);
      assertThat(a.histories()).as("delegates in member a").isNotEmpty();
      assertThat(b.histories()).as("delegates in member b").isNotEmpty();
      federation.awaitTruth("a thousand pods ended");

      long deletion = System.nanoTime();
      forEachPod(i -> delete("p" + i));
      await("nothing is left")
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> primary.deletions() == PODS && a.deletions() + b.deletions() == PODS);
      System.out.printf("%d pods deleted in %.1f s%n", PODS, seconds(deletion));
    }
    assertThat(federation.delegates()).isEmpty();
    assertThat(federation.node().drift()).isZero();
    federation.awaitTruth("a thousand pods were deleted");

    federation.submit(pod("one-more", "1", Map.of(Simulation.RUN_FOR, "100ms")));
    federation.awaitPhase("one-more", "Succeeded");
    for (var cluster : List.of(federation.primary, federation.a, federation.b)) {
      assertThat(cluster.client().raw("/readyz")).isEqualTo("ok");
    }
  }

  private static void submit(String name) {
    federation.submit(pod(name, "500m", Map.of(Simulation.RUN_FOR, "300ms")));
  }

  private static void delete(String name) {
    federation.primary.client().pods().inNamespace("default").withName(name).delete();
  }

  private static void forEachPod(IntConsumer action) {
    var executor = Executors.newFixedThreadPool(THREADS);
    try {
      IntStream.range(0, PODS)
          .mapToObj(i -> CompletableFuture.runAsync(() -> action.accept(i), executor))
          .toList()
          .forEach(CompletableFuture::join);
    } finally {
      executor.shutdown();
    }
  }

  private static long count(Witness witness, String phase) {
    return witness.histories().stream()
        .filter(states -> phase(states.get(states.size() - 1)).equals(phase))
        .count();
  }

  private static String phase(Pod pod) {
    return pod.getStatus().getPhase();
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }
}
