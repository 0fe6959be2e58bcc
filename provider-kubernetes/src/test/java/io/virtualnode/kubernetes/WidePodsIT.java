package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two members of 8 cores, full of 1-core pods of at most 5 s, with more of them always waiting. */
@Alone
@DisplayName("an 8-core pod on a full site with an endless supply of 1-core pods")
class WidePodsIT {

  private static final int CORES = 16;
  private static final Duration RUN = Duration.ofSeconds(5);
  private static final Duration COLLECT_AFTER = Duration.ofSeconds(1);
  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(8));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @AfterEach
  void clear() {
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("starts within the time that draining one node needs, and the small ones go on")
  void collected() {
    restart(Optional.of(COLLECT_AFTER));
    supply();
    federation.submit(pod("wide", "8", Map.of(Simulation.RUN_FOR, "8s")));
    long submitted = System.nanoTime();
    // Usually while one node drains. The scheduler may add its back-off of up to ten seconds, more
    // than once, and small pods that it bound before the node was seen to withhold have to find
    // room first. Without collection it would wait for as long as small pods keep coming.
    await("the wide pod runs")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> federation.proxy("wide").getStatus().getPhase().equals("Running"));
    System.out.printf(
        "the wide pod runs %d ms after its submission%n",
        (System.nanoTime() - submitted) / 1_000_000);
    await("the other node is full of small ones meanwhile")
        .atMost(RUN)
        .until(() -> running() >= CORES / 2 - 1);
    assertThat(federation.proxy("wide").getStatus().getPhase()).isEqualTo("Running");
    federation.awaitPhase("wide", "Succeeded");
    await("both nodes are full of small ones again")
        .atMost(Federation.LIMIT)
        .until(() -> running() >= CORES - 1);
  }

  @Test
  @DisplayName("never starts while no slot is collected for it")
  void notCollected() {
    restart(Optional.empty());
    supply();
    federation.submit(pod("wide", "8", Map.of()));
    await("it waits while every core has been freed several times")
        .during(RUN.multipliedBy(4))
        .atMost(RUN.multipliedBy(5))
        .until(() -> federation.proxy("wide").getStatus().getPhase().equals("Pending"));
    assertThat(federation.proxy("wide").getSpec().getNodeName()).isNull();
  }

  private static void restart(Optional<Duration> collectAfter) {
    federation.restartNode(
        configuration ->
            configuration.withPlacement(PlacementSettings.DEFAULT.withCollectAfter(collectAfter)));
    federation.awaitTruth("a restart");
  }

  /** Fills the site, with pods of several lengths so that they do not end together. */
  private static void supply() {
    for (var millis : List.of(3100, 3700, 4300, 4900)) {
      var template = pod("small", "1", Map.of(Simulation.RUN_FOR, millis + "ms"));
      federation
          .primary
          .client()
          .resource(
              new JobBuilder()
                  .withNewMetadata()
                  .withName("supply-" + millis)
                  .withNamespace(Federation.NAMESPACE)
                  .endMetadata()
                  .withNewSpec()
                  .withCompletions(100_000)
                  .withParallelism(CORES / 2)
                  .withNewTemplate()
                  .withNewMetadata()
                  .withLabels(Map.of("app", "supply"))
                  .withAnnotations(template.getMetadata().getAnnotations())
                  .endMetadata()
                  .withSpec(template.getSpec())
                  .endTemplate()
                  .endSpec()
                  .build())
          .create();
    }
    await("the site is full").atMost(Federation.LIMIT).until(() -> running() >= CORES - 1);
  }

  private static long running() {
    return jobPods().stream().filter(pod -> pod.getStatus().getPhase().equals("Running")).count();
  }

  private static List<Pod> jobPods() {
    return federation
        .primary
        .client()
        .pods()
        .inNamespace(Federation.NAMESPACE)
        .withLabel("app", "supply")
        .list()
        .getItems();
  }
}
