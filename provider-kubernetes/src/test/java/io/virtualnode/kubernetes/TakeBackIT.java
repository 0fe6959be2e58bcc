package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.delegate.Tombstone;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Member a, which placement prefers, has no scheduler: whatever goes there stays on no node. */
@DisplayName("a delegate that finds no node in its member")
class TakeBackIT {

  private static final Duration TAKE_BACK_AFTER = Duration.ofSeconds(1);
  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a").scheduler(false).nodes(1, NodeShape.cores(2)),
                LocalCluster.builder("b").nodes(1, NodeShape.cores(4))),
            configuration -> configuration.withPlacement(takingBack()));
  }

  private static PlacementSettings takingBack() {
    return PlacementSettings.DEFAULT.withTakeBackAfter(TAKE_BACK_AFTER);
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
  @DisplayName("is taken back and runs in another, leaving a tombstone until its proxy is gone")
  void moves() {
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      federation.submit(pod("moves", "1", Map.of(Simulation.RUN_FOR, "1s")));
      eventually("it is created in a", () -> !delegatesInA().isEmpty());
      federation.awaitPhase("moves", "Succeeded");
      assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
      assertThat(delegatesInA())
          .singleElement()
          .satisfies(
              tombstone -> {
                assertThat(tombstone.getMetadata().getLabels()).containsKey(Ownership.TOMBSTONE);
                assertThat(tombstone.getSpec().getSchedulingGates()).isNotEmpty();
              });
      assertThat(Intent.of(federation.proxy("moves")))
          .hasValueSatisfying(
              intent -> {
                assertThat(intent.member()).isEqualTo("b");
                assertThat(intent.attempt()).isEqualTo(1);
              });
      assertThat(b.histories()).as("runs").hasSize(1);
      assertThat(a.histories())
          .as("what there was in a")
          .allSatisfy(
              states ->
                  assertThat(states)
                      .allSatisfy(state -> assertThat(state.getSpec().getNodeName()).isNull()));
    }
    federation.awaitTruth("a delegate has moved");
    federation.primary.client().pods().inNamespace("default").withName("moves").delete();
    eventually("nothing is left in a", () -> delegatesInA().isEmpty());
    eventually("nothing is left in b", () -> federation.delegates().isEmpty());
  }

  @Test
  @DisplayName("stays where it is while there is no room elsewhere, and moves when there is")
  void stays() {
    federation.b.client().resource(Federation.localPod("local", "4")).create();
    federation.awaitTruth("b has no core left");
    federation.submit(pod("stays", "1", Map.of(Simulation.RUN_FOR, "1s")));
    eventually("it is created in a", () -> !delegatesInA().isEmpty());
    var uid = delegatesInA().get(0).getMetadata().getUid();
    await("it stays")
        .during(TAKE_BACK_AFTER.multipliedBy(3))
        .atMost(Federation.LIMIT)
        .until(
            () ->
                delegatesInA().size() == 1
                    && delegatesInA().get(0).getMetadata().getUid().equals(uid));
    assertThat(federation.proxy("stays").getStatus().getPhase()).isEqualTo("Pending");
    federation.b.client().pods().inNamespace("default").withName("local").delete();
    federation.awaitPhase("stays", "Succeeded");
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
  }

  @Test
  @DisplayName("goes elsewhere after a crash that left its tombstone and not yet its new intent")
  void goes_on_after_a_crash() {
    federation.b.client().resource(Federation.localPod("local", "4")).create();
    federation.awaitTruth("b has no core left");
    federation.submit(pod("crashes", "1", Map.of(Simulation.RUN_FOR, "1s")));
    eventually("it is created in a", () -> !delegatesInA().isEmpty());
    federation.stopNode();
    // As the process would have done before it was killed.
    var delegate = delegatesInA().get(0);
    federation.a.client().resource(delegate).withGracePeriod(0).delete();
    eventually("it has gone", () -> delegatesInA().isEmpty());
    var proxy = federation.proxy("crashes");
    var ownership =
        new Ownership(
            federation
                .primary
                .client()
                .namespaces()
                .withName("kube-system")
                .get()
                .getMetadata()
                .getUid(),
            Federation.NODE);
    federation
        .a
        .client()
        .resource(
            Tombstone.of(
                io.virtualnode.api.PodKey.of(proxy),
                Intent.of(proxy).orElseThrow(),
                "default",
                ownership))
        .create();
    federation.b.client().pods().inNamespace("default").withName("local").delete();
    federation.startNextNode();
    federation.awaitPhase("crashes", "Succeeded");
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
  }

  private static List<Pod> delegatesInA() {
    return Federation.delegatesIn(federation.a.client());
  }
}
