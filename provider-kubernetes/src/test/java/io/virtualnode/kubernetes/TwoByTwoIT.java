package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NODE;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("two members with one node of two cores each")
class TwoByTwoIT {

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(2), NodeShape.cores(2));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void begins_empty() {
    federation.awaitTruth("the test's begin");
  }

  @AfterEach
  void clear() {
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("run four of twenty 1-core pods at a time, and all twenty in the end")
  void run_twenty_pods_by_fours() {
    for (int i = 0; i < 20; i++) {
      federation.submit(pod("p" + i, "1", Map.of(Simulation.RUN_FOR, "2s")));
    }
    eventually(
        "four run and sixteen have been looked at",
        () -> {
          var pods = proxies();
          return count(pods, "Running") == 4
              && pods.stream().filter(TwoByTwoIT::isUnschedulable).count() == 16;
        });
    var first = proxies();
    assertThat(first).filteredOn(TwoByTwoIT::isBound).hasSize(4);
    assertThat(count(first, "Pending")).isEqualTo(16);

    eventually(
        "all have ended",
        () -> {
          var pods = proxies();
          // Bound and not ended is what the primary counts: never more than there is room.
          assertThat(pods.stream().filter(TwoByTwoIT::isBound).filter(p -> !isOver(p)))
              .hasSizeLessThanOrEqualTo(4);
          return pods.stream().allMatch(TwoByTwoIT::isOver);
        });
    assertThat(count(proxies(), "Succeeded")).isEqualTo(20);
    assertThat(federation.delegates()).hasSize(20);
  }

  @Test
  @DisplayName("let a wide pod wait, with its reason, that fits in sum but on no node")
  void let_a_wide_pod_wait() {
    startLocal(federation.a, "local-a");
    startLocal(federation.b, "local-b");
    federation.awaitTruth("two local pods started");
    federation.submit(pod("wide", "2", Map.of()));
    awaitReason("wide", "WaitingForSlot");
    var waiting = federation.proxy("wide").getStatus();
    assertThat(waiting.getPhase()).isEqualTo("Pending");
    assertThat(waiting.getMessage()).isEqualTo("0/2 nodes are available: 2 Insufficient cpu.");
    assertThat(federation.delegates()).isEmpty();
    assertThat(federation.offered().get("cpu")).as("offered beside what waits").isZero();

    federation
        .b
        .client()
        .pods()
        .inNamespace("default")
        .withName("local-b")
        .withGracePeriod(0)
        .delete();
    federation.awaitPhase("wide", "Running");
    assertThat(federation.proxy("wide").getStatus().getReason()).isNull();
    assertThat(federation.delegate("wide").getSpec().getNodeName()).isEqualTo("b-1");
    federation.awaitTruth("the wide pod runs");
  }

  @Test
  @DisplayName("let no pod that fits be blocked by many that fit no node")
  void are_not_blocked_by_what_fits_nowhere() {
    var tooWide = IntStream.range(0, 10).mapToObj(i -> "too-wide-" + i).toList();
    tooWide.forEach(name -> federation.submit(pod(name, "3", Map.of())));
    for (var name : tooWide) {
      awaitReason(name, "FitsNoNode");
      assertThat(federation.proxy(name).getStatus().getPhase()).isEqualTo("Pending");
    }
    // All ten are bound and given back: the room is as if they were not there.
    federation.awaitTruth("ten pods that fit no node were bound");
    assertThat(federation.bound().get("cpu")).isEqualTo(30_000);
    assertThat(federation.offered().get("cpu")).isEqualTo(4000);
    for (int i = 0; i < 4; i++) {
      federation.submit(pod("fits-" + i, "1", Map.of(Simulation.RUN_FOR, "300ms")));
    }
    for (int i = 0; i < 4; i++) {
      federation.awaitPhase("fits-" + i, "Succeeded");
    }
    federation.awaitTruth("the pods that fit have ended");
    assertThat(federation.delegates()).hasSize(4);

    federation.primary.client().pods().inNamespace("default").withName("too-wide-0").delete();
    eventually("it has gone", () -> federation.proxy("too-wide-0") == null);
    federation.awaitTruth("a pod that fits no node was deleted");
  }

  @Test
  @DisplayName("take a pod that fitted no node when a node comes that is large enough")
  void take_it_when_a_node_comes() {
    federation.submit(pod("large", "3", Map.of()));
    awaitReason("large", "FitsNoNode");
    federation.a.addNode("a-2", NodeShape.cores(3));
    try {
      federation.awaitPhase("large", "Running");
      assertThat(federation.delegate("large").getSpec().getNodeName()).isEqualTo("a-2");
      federation.awaitTruth("the large pod runs");
    } finally {
      federation.clear();
      federation.a.removeNode("a-2");
    }
  }

  private static void startLocal(LocalCluster member, String name) {
    var local = localPod(name, "1");
    local.getSpec().setNodeName(member.name() + "-1");
    member.client().resource(local).create();
  }

  private static void awaitReason(String name, String reason) {
    eventually(
        name + " is " + reason,
        () -> reason.equals(federation.proxy(name).getStatus().getReason()));
  }

  private static List<Pod> proxies() {
    return federation.primary.client().pods().inNamespace("default").list().getItems();
  }

  private static long count(List<Pod> pods, String phase) {
    return pods.stream().filter(pod -> phase.equals(pod.getStatus().getPhase())).count();
  }

  private static boolean isBound(Pod pod) {
    return NODE.equals(pod.getSpec().getNodeName());
  }

  private static boolean isOver(Pod pod) {
    return List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase());
  }

  private static boolean isUnschedulable(Pod pod) {
    return !isBound(pod)
        && pod.getStatus().getPhase().equals("Pending")
        && pod.getStatus().getConditions().stream()
            .anyMatch(c -> "Unschedulable".equals(c.getReason()));
  }
}
