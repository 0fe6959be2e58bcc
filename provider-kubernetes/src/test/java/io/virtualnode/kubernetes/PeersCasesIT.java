package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.NODE;
import static io.virtualnode.kubernetes.Federation.TRUTH;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.free;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What users of other systems have reported there, by the number in their trackers. Each case has
 * the nodes that it names.
 */
@DisplayName("what others have got wrong:")
class PeersCasesIT {

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            Stream.of("primary", "a", "b").map(LocalCluster::builder).toList(),
            UnaryOperator.identity());
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @AfterEach
  void clear() {
    federation.clear();
    for (var member : List.of(federation.a, federation.b)) {
      all(nodesOf(member), member::removeNode);
    }
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("liqo#2712: 50 pods too large for any node do not block a pod that fits")
  void too_large_pods_block_nobody() {
    nodes(NodeShape.cores(2), 1, NodeShape.cores(2), 1);
    var tooLarge = IntStream.range(0, 50).mapToObj(i -> "too-large-" + i).toList();
    tooLarge.forEach(name -> federation.submit(pod(name, "3", Map.of())));
    eventually(
        "all fifty are bound and say that they fit no node",
        () -> proxies().stream().allMatch(pod -> "FitsNoNode".equals(pod.getStatus().getReason())));
    assertThat(proxies()).hasSize(50).allMatch(pod -> pod.getStatus().getPhase().equals("Pending"));
    // All are bound and given back: the room is as if they were not there.
    federation.awaitTruth("50 pods that fit no node were bound");
    assertThat(federation.bound().get("cpu")).isEqualTo(150_000);
    assertThat(federation.offered().get("cpu")).isEqualTo(4000);
    var fitting = IntStream.range(0, 4).mapToObj(i -> "fits-" + i).toList();
    fitting.forEach(name -> federation.submit(pod(name, "1", Map.of())));
    fitting.forEach(name -> federation.awaitPhase(name, "Running"));
    federation.awaitTruth("the pods that fit run");
    assertThat(federation.offered().get("cpu")).isZero();

    federation.primary.client().pods().inNamespace(NAMESPACE).withName("too-large-0").delete();
    eventually("it has gone", () -> federation.proxy("too-large-0") == null);
    federation.awaitTruth("a pod that fits no node was deleted");
    assertThat(federation.delegates()).hasSize(4);
  }

  @Test
  @DisplayName("liqo#3137: a finished pod that nobody deletes holds no capacity")
  void finished_pods_hold_nothing() {
    nodes(NodeShape.cores(2), 1, NodeShape.cores(2), 1);
    var first = IntStream.range(0, 4).mapToObj(i -> "first-" + i).toList();
    for (var name : first) {
      var life = Map.of(Simulation.RUN_FOR, "300ms", Simulation.EXIT_CODE, name.substring(6));
      federation.submit(pod(name, "1", life));
    }
    federation.awaitPhase("first-0", "Succeeded");
    first.stream().skip(1).forEach(name -> federation.awaitPhase(name, "Failed"));
    federation.awaitTruth("four pods have finished");
    assertThat(federation.offered().get("cpu")).isEqualTo(4000);
    assertThat(federation.offered().get("pods")).isEqualTo(220);
    assertThat(federation.delegates()).as("delegates that stay, finished").hasSize(4);

    var second = IntStream.range(0, 4).mapToObj(i -> "second-" + i).toList();
    second.forEach(name -> federation.submit(pod(name, "1", Map.of())));
    second.forEach(name -> federation.awaitPhase(name, "Running"));
    federation.awaitTruth("four others run beside four that have finished");
    assertThat(proxies()).hasSize(8);
    assertThat(federation.delegates()).hasSize(8);
  }

  @Test
  @DisplayName("karmada#1385: of 20 1-core pods on two members of 2 cores 2+2 run and 16 wait")
  void two_and_two_run() {
    nodes(NodeShape.cores(2), 1, NodeShape.cores(2), 1);
    for (int i = 0; i < 20; i++) {
      federation.submit(pod("p" + i, "1", Map.of(Simulation.RUN_FOR, "3s")));
    }
    eventually(
        "four run and sixteen have been looked at",
        () -> {
          var pods = proxies();
          return count(pods, "Running") == 4
              && pods.stream().filter(PeersCasesIT::isUnschedulable).count() == 16;
        });
    var first = proxies();
    assertThat(first).filteredOn(PeersCasesIT::isBound).hasSize(4);
    assertThat(count(first, "Pending")).isEqualTo(16);
    assertThat(Federation.delegatesIn(federation.a.client())).hasSize(2);
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(2);

    eventually(
        "all have ended",
        () -> {
          var pods = proxies();
          // Bound and not ended is what the primary counts: never more than there is room.
          assertThat(pods.stream().filter(PeersCasesIT::isBound).filter(p -> !isOver(p)))
              .hasSizeLessThanOrEqualTo(4);
          return pods.stream().allMatch(PeersCasesIT::isOver);
        });
    assertThat(count(proxies(), "Succeeded")).isEqualTo(20);
    assertThat(federation.delegates()).hasSize(20);
  }

  @Test
  @DisplayName(
      "karmada#521: of 10 nodes with 8 and 2 with 16 cores a 12-core pod gets one of the 2")
  void twelve_cores_go_where_they_fit() {
    nodes(NodeShape.cores(8), 10, NodeShape.cores(16), 2);
    for (var name : List.of("one", "two")) {
      federation.submit(pod(name, "12", Map.of()));
      federation.awaitPhase(name, "Running");
      assertThat(federation.delegateMember(name)).isSameAs(federation.b);
    }
    assertThat(federation.delegate("one").getSpec().getNodeName())
        .isNotEqualTo(federation.delegate("two").getSpec().getNodeName());

    federation.submit(pod("three", "12", Map.of()));
    eventually(
        "the third waits, though the sum of what is free is 88 cores",
        () -> "WaitingForSlot".equals(federation.proxy("three").getStatus().getReason()));
    assertThat(federation.proxy("three").getStatus().getMessage())
        .isEqualTo("0/12 nodes are available: 12 Insufficient cpu.");
    federation.primary.client().pods().inNamespace(NAMESPACE).withName("one").delete();
    federation.awaitPhase("three", "Running");
    assertThat(federation.delegateMember("three")).isSameAs(federation.b);
  }

  @Test
  @DisplayName("a member full of our pods whose API server has gone takes nothing from the others")
  void gone_member() {
    fillA();
    federation.a.killApiServer();
    try {
      keepsTheRoomOfB("the full member's API server has gone", TRUTH);
    } finally {
      federation.a.startApiServer();
    }
    allIsAsBefore();
  }

  @Test
  @DisplayName("a member full of our pods whose API server is stuck takes nothing from the others")
  void stuck_member() {
    fillA();
    federation.a.freezeApiServer();
    try {
      // The data may be used until it is one second old, and the change has one second to show.
      keepsTheRoomOfB("the full member's API server is stuck", TRUTH.plus(TRUTH));
    } finally {
      federation.a.thawApiServer();
    }
    allIsAsBefore();
  }

  @Test
  @DisplayName("a member full of our pods whose nodes are cordoned takes nothing from the others")
  void cordoned_member() {
    fillA();
    cordonA(true);
    keepsTheRoomOfB("the full member was cordoned", TRUTH);
    cordonA(false);
    allIsAsBefore();
  }

  @Test
  @DisplayName("a member full of our pods whose nodes are not ready takes nothing from the others")
  void unready_member() {
    fillA();
    all(nodesOf(federation.a), node -> federation.a.setNodeReady(node, false));
    keepsTheRoomOfB("the full member's nodes became NotReady", TRUTH);
    all(nodesOf(federation.a), node -> federation.a.setNodeReady(node, true));
    allIsAsBefore();
  }

  /** Two nodes of one core in a, where two pods of ours run, and one of four cores in b. */
  private static void fillA() {
    nodes(NodeShape.cores(1), 2, NodeShape.cores(4), 1);
    for (var name : List.of("one", "two")) {
      federation.submit(pod(name, "1", Map.of()));
      federation.awaitPhase(name, "Running");
    }
    assertThat(Federation.delegatesIn(federation.a.client())).hasSize(2);
    federation.awaitTruth("member a is full of our pods");
    assertThat(federation.offered().get("cpu")).isEqualTo(4000);
  }

  /** B's room is offered now, all of it and nothing else, and can be used. */
  private static void keepsTheRoomOfB(String after, Duration limit) {
    federation.awaitOffer(after, limit, () -> free(federation.b));
    assertThat(federation.offered().get("cpu")).isEqualTo(4000);
    assertThat(federation.bound().get("cpu")).isEqualTo(2000);
    assertThat(federation.proxy("one").getStatus().getPhase()).isEqualTo("Running");
    federation.submit(pod("elsewhere", "3", Map.of()));
    federation.awaitPhase("elsewhere", "Running");
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
    federation.awaitOffer(
        "a pod of ours runs in the other member", TRUTH, () -> free(federation.b));
    assertThat(federation.offered().get("cpu")).isEqualTo(1000);
  }

  /** A is back: nothing has been run again, and what it has free is its own again. */
  private static void allIsAsBefore() {
    federation.awaitTruth("member a is back");
    assertThat(federation.offered().get("cpu")).isEqualTo(1000);
    assertThat(federation.delegates()).hasSize(3);
    federation.primary.client().pods().inNamespace(NAMESPACE).withName("one").delete();
    eventually("it has gone", () -> federation.proxy("one") == null);
    federation.awaitTruth("a pod of ours in member a was deleted");
    assertThat(federation.offered().get("cpu")).isEqualTo(2000);
  }

  private static void cordonA(boolean cordoned) {
    for (var name : nodesOf(federation.a)) {
      federation
          .a
          .client()
          .nodes()
          .withName(name)
          .edit(
              node -> {
                node.getSpec().setUnschedulable(cordoned);
                return node;
              });
    }
    if (!cordoned) {
      // The cluster itself keeps pods off until its controller has taken the taint away.
      eventually(
          "the cordon's taint has gone",
          () ->
              federation.a.client().nodes().list().getItems().stream()
                  .allMatch(node -> node.getSpec().getTaints().isEmpty()));
    }
  }

  /** Gives member a so many nodes of the one shape, and member b of the other. */
  private static void nodes(NodeShape ofA, int inA, NodeShape ofB, int inB) {
    all(names("a", inA), name -> federation.a.addNode(name, ofA));
    all(names("b", inB), name -> federation.b.addNode(name, ofB));
    federation.awaitTruth("the nodes are there");
  }

  private static List<String> names(String member, int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> member + "-" + i).toList();
  }

  private static List<String> nodesOf(LocalCluster member) {
    return member.client().nodes().list().getItems().stream()
        .map(node -> node.getMetadata().getName())
        .toList();
  }

  /** Does it for all at the same time. */
  private static void all(List<String> names, Consumer<String> action) {
    names.stream()
        .map(name -> CompletableFuture.runAsync(() -> action.accept(name)))
        .toList()
        .forEach(CompletableFuture::join);
  }

  private static List<Pod> proxies() {
    return federation.primary.client().pods().inNamespace(NAMESPACE).list().getItems();
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
