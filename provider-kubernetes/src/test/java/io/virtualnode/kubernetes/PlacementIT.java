package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.config.PlacementSettings.Unfit;
import io.virtualnode.kubernetes.placement.Strategy;
import io.virtualnode.testkit.NodeShape;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("how pods are placed, as configured")
class PlacementIT {

  private static final Duration FAIL_AFTER = Duration.ofSeconds(2);
  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(4));
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
  @DisplayName("pack fills the smaller member first, spread the emptier, weighted the heavier")
  void strategies() {
    assertThat(memberChosen(Strategy.PACK, 1, 1)).isEqualTo("b");
    assertThat(memberChosen(Strategy.WEIGHTED, 3, 1)).isEqualTo("a");
    assertThat(memberChosen(Strategy.WEIGHTED, 1, 3)).isEqualTo("b");
    federation.b.client().resource(localPod("local", "1")).create();
    assertThat(memberChosen(Strategy.SPREAD, 1, 1)).isEqualTo("a");
  }

  private static String memberChosen(Strategy strategy, int weightOfA, int weightOfB) {
    restart(strategy, Unfit.HOLD, Optional.empty(), weightOfA, weightOfB);
    federation.awaitTruth("a restart with " + strategy);
    federation.submit(pod("chooses", "1", Map.of()));
    federation.awaitPhase("chooses", "Running");
    var chosen = federation.delegateMember("chooses").name();
    federation.primary.client().pods().inNamespace("default").withName("chooses").delete();
    eventually("it has gone", () -> federation.proxy("chooses") == null);
    return chosen;
  }

  @Test
  @DisplayName("reject fails a bound pod that finds no slot as a kubelet does, and hold does not")
  void reject() {
    federation.a.client().resource(localPod("local", "5")).create();
    restart(Strategy.PACK, Unfit.REJECT, Optional.empty(), 1, 1);
    federation.awaitTruth("three cores are free in one member and four in the other");
    federation.submit(pod("wide", "6", Map.of()));
    federation.awaitPhase("wide", "Failed");
    var status = federation.proxy("wide").getStatus();
    assertThat(status.getReason()).isEqualTo("OutOfcpu");
    assertThat(status.getMessage())
        .startsWith("Pod was rejected: 0/2 nodes are available: 2 Insufficient cpu");
    assertThat(federation.delegates()).isEmpty();
    federation.awaitTruth("a pod was rejected");

    restart(Strategy.PACK, Unfit.HOLD, Optional.empty(), 1, 1);
    federation.awaitTruth("a restart with hold");
    federation.submit(pod("patient", "6", Map.of()));
    eventually(
        "it waits",
        () -> "WaitingForSlot".equals(federation.proxy("patient").getStatus().getReason()));
    federation.a.client().pods().inNamespace("default").withName("local").delete();
    federation.awaitPhase("patient", "Running");
    assertThat(federation.proxy("patient").getStatus().getReason()).isNull();
  }

  @Test
  @DisplayName("pod that fits no node even when empty blocks nobody, and fails after its time")
  void neverFits() {
    restart(Strategy.PACK, Unfit.HOLD, Optional.of(FAIL_AFTER), 1, 1);
    federation.awaitTruth("a restart with failAfter");
    federation.submit(pod("huge", "10", Map.of()));
    eventually(
        "it says so", () -> "FitsNoNode".equals(federation.proxy("huge").getStatus().getReason()));
    federation.submit(pod("fits", "8", Map.of()));
    federation.awaitPhase("fits", "Running");
    federation.awaitPhase("huge", "Failed");
    assertThat(federation.proxy("huge").getStatus().getReason()).isEqualTo("OutOfcpu");

    restart(Strategy.PACK, Unfit.HOLD, Optional.empty(), 1, 1);
    federation.clear();
    federation.awaitTruth("a restart without failAfter");
    federation.submit(pod("endless", "10", Map.of()));
    eventually(
        "it says so",
        () -> "FitsNoNode".equals(federation.proxy("endless").getStatus().getReason()));
    await("it stays")
        .during(FAIL_AFTER.multipliedBy(2))
        .atMost(Federation.LIMIT)
        .until(() -> "Pending".equals(federation.proxy("endless").getStatus().getPhase()));
  }

  private static void restart(
      Strategy strategy, Unfit unfit, Optional<Duration> failAfter, int weightOfA, int weightOfB) {
    federation.restartNode(
        configuration ->
            configuration
                .withPlacement(
                    PlacementSettings.DEFAULT
                        .withStrategy(strategy)
                        .withUnfit(unfit)
                        .withFailAfter(failAfter)
                        .withCollectAfter(Optional.empty()))
                .withMembers(
                    List.of(
                        Federation.settings(federation.a).withWeight(weightOfA),
                        Federation.settings(federation.b).withWeight(weightOfB))));
  }
}
