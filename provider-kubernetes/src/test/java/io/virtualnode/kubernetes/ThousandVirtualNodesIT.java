package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two members of 500 nodes each, and a virtual node for every one of them. */
@Alone
@DisplayName("a thousand virtual nodes, one for each member node")
class ThousandVirtualNodesIT {

  private static final int NODES = 1000;
  private static final int WRITES_PER_SECOND = 120;
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration MEASURED = Duration.ofSeconds(20);

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a").nodes(NODES / 2, NodeShape.cores(2)),
                LocalCluster.builder("b").nodes(NODES / 2, NodeShape.cores(4))),
            UnaryOperator.identity());
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @Test
  @DisplayName("are ready in a while, offer what their nodes have, and write little when idle")
  void thousand() {
    awaitMembers();
    federation.stopNode();
    long heap = usedHeap();
    long started = System.nanoTime();
    federation.restartNode(
        configuration ->
            configuration.withNode(
                NodeSettings.named(Federation.NODE).withTopology(Topology.PER_NODE)));
    await("all are registered")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> ready() == NODES);
    long ready = (System.nanoTime() - started) / 1_000_000;
    await("all offer what their nodes have") // a member out of sight for a moment offers nothing
        .atMost(Federation.LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () ->
                virtualNodes().stream()
                    .allMatch(
                        node -> List.of(2000L, 4000L).contains(allocatable(node).get("cpu"))));
    long heapPerNode = (usedHeap() - heap) / NODES;

    federation.submit(pod("wide", "4", Map.of()));
    federation.awaitPhase("wide", "Running");
    var bound = federation.proxy("wide").getSpec().getNodeName();
    assertThat(bound).startsWith("vnode.b.");
    assertThat("vnode.b." + federation.delegate("wide").getSpec().getNodeName()).isEqualTo(bound);
    eventually(
        "its node has nothing left",
        () ->
            Resources.ofQuantities(
                        federation
                            .primary
                            .client()
                            .nodes()
                            .withName(bound)
                            .get()
                            .getStatus()
                            .getAllocatable())
                    .minus(Federation.requests(federation.primary.client(), bound))
                    .get("cpu")
                == 0);

    double writes = idleWrites();
    System.out.printf(
        "%d virtual nodes: ready %d ms after the start, %.0f writes/s idle, %d KB of heap each with"
            + " their members' nodes%n",
        NODES, ready, writes, heapPerNode / 1000);
    assertThat(writes).isLessThan(WRITES_PER_SECOND);
    assertThat(federation.node().drift()).isZero();
  }

  private static void awaitMembers() {
    await("the members' nodes are ready")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () ->
                List.of(federation.a, federation.b).stream()
                        .flatMap(member -> member.client().nodes().list().getItems().stream())
                        .filter(ThousandVirtualNodesIT::isReady)
                        .count()
                    == NODES);
  }

  private static long ready() {
    return virtualNodes().stream().filter(ThousandVirtualNodesIT::isReady).count();
  }

  private static List<Node> virtualNodes() {
    return federation.primary.client().nodes().withLabel(NodeIdentity.MEMBER).list().getItems();
  }

  private static boolean isReady(Node node) {
    return node.getStatus().getConditions().stream()
        .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private static Resources allocatable(Node node) {
    return Resources.ofQuantities(node.getStatus().getAllocatable());
  }

  /** Node and lease writes a second by the primary's own count, once its controllers are quiet. */
  private static double idleWrites() {
    var quiet =
        new Object() {
          long before = nodeWrites("nodes");
        };
    await("the primary's controllers have dealt with the new nodes")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(5))
        .until(
            () -> {
              long now = nodeWrites("nodes");
              boolean few = now - quiet.before < 50;
              quiet.before = now;
              return few;
            });
    long before = nodeWrites("nodes") + nodeWrites("leases");
    long begun = System.nanoTime();
    await("the time to measure has passed")
        .atMost(MEASURED.multipliedBy(2))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> System.nanoTime() - begun > MEASURED.toNanos());
    long writes = nodeWrites("nodes") + nodeWrites("leases") - before;
    return writes / ((System.nanoTime() - begun) / 1e9);
  }

  private static long nodeWrites(String resource) {
    var pattern =
        Pattern.compile(
            "^apiserver_request_total\\{[^}]*resource=\""
                + resource
                + "\"[^}]*verb=\"(?:PATCH|PUT|POST|APPLY)\"[^}]*} ([0-9.e+]+)$",
            Pattern.MULTILINE);
    var matcher = pattern.matcher(federation.primary.client().raw("/metrics"));
    long sum = 0;
    while (matcher.find()) {
      sum += (long) Double.parseDouble(matcher.group(1));
    }
    return sum;
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
