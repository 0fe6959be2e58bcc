package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Two and a half minutes: only with {@code -Dscale=true}. */
@Alone
@DisplayName("a node with 5,000 pods that was started again")
@EnabledIfSystemProperty(named = "scale", matches = "true")
class RestartAtScaleIT {

  private static final int PODS = 5000;
  private static final int THREADS = 16;
  private static final Duration FILLING = Duration.ofMinutes(4);
  private static final Duration CONSISTENT = Duration.ofSeconds(15);
  private static final Duration WATCHED = Duration.ofSeconds(10);

  private static Federation federation;

  @BeforeAll
  static void start() {
    var shape = NodeShape.cores(64).with("pods", "1000");
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a").nodes(3, shape),
                LocalCluster.builder("b").nodes(3, shape)),
            UnaryOperator.identity());
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @Test
  @DisplayName(
      "writes nothing but its lease and heartbeat when nothing has changed, and is consistent in 15 s")
  void writesNothing() {
    fill();
    federation.awaitTruth("5,000 pods run", CONSISTENT);
    federation.stopNode();
    var before = writes();
    var ownBefore = ApiWrites.parse(federation.primary.metrics());
    long begin = System.nanoTime();
    federation.startNextNode();
    federation.awaitTruth("5,000 pods were found", CONSISTENT);
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(federation.node().drift()).isZero();
    await("it stays so")
        .during(WATCHED)
        .atMost(WATCHED.multipliedBy(2))
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(() -> assertThat(writes()).isEqualTo(before));
    var own = ApiWrites.parse(federation.primary.metrics()).minus(ownBefore);
    assertThat(own.nodeStatuses()).as("the Node's own heartbeat").isLessThan(3);
    assertThat(own.nodes()).isZero();
    System.out.printf("consistent %.1f s after the start, with %d pods%n", seconds, PODS);
    assertThat(seconds).isLessThan((double) CONSISTENT.toSeconds());
  }

  private static void fill() {
    var executor = Executors.newFixedThreadPool(THREADS);
    try {
      IntStream.range(0, PODS)
          .mapToObj(
              i ->
                  CompletableFuture.runAsync(
                      () -> federation.submit(pod("p" + i, "10m", Map.of())), executor))
          .toList()
          .forEach(CompletableFuture::join);
    } finally {
      executor.shutdown();
    }
    await("all run")
        .atMost(FILLING)
        .pollInterval(Duration.ofSeconds(2))
        .until(
            () ->
                federation
                    .primary
                    .client()
                    .pods()
                    .inNamespace(Federation.NAMESPACE)
                    .withoutField("status.phase", "Running")
                    .list()
                    .getItems()
                    .isEmpty());
  }

  /** By cluster and kind of write; nobody else writes these here while nothing happens. */
  private static Map<String, Map<String, Long>> writes() {
    var writes = new TreeMap<String, Map<String, Long>>();
    for (var resource : List.of("pods", "events")) {
      writes.put("primary " + resource, ApiWrites.of(federation.primary.metrics(), resource));
    }
    for (var member : List.of(federation.a, federation.b)) {
      writes.put(member.name() + " pods", ApiWrites.of(member.metrics(), "pods"));
    }
    return writes;
  }
}
