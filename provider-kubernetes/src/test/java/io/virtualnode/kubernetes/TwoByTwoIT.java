package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.util.Map;
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
}
