package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.TRUTH;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.free;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Times are measured from the moment at which the API server that has the cause shows it, or
 * earlier.
 */
@Alone
@DisplayName("what the virtual node offers")
class CapacityIT {

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(4), NodeShape.cores(2));
    // The first pod loads half of the program: what is measured is a node that has had one.
    federation.submit(pod("first", "1", Map.of(Simulation.RUN_FOR, "100ms")));
    federation.awaitPhase("first", "Succeeded");
    federation.clear();
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void begins_true() {
    federation.awaitTruth("the test's begin");
  }

  @AfterEach
  void clear() {
    federation.a.removeNode("a-2");
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("is what the members have free, as capacity and allocatable, with none of our pods")
  void equals_the_free_room() {
    startLocal(federation.a, "busy", "1500m", "a-1");
    truthAfter("a local pod's start");
    var status = federation.primary.client().nodes().withName(Federation.NODE).get().getStatus();
    assertThat(status.getCapacity()).isEqualTo(status.getAllocatable());
    assertThat(status.getAllocatable().keySet())
        .containsExactlyInAnyOrderElementsOf(Federation.RESOURCES);
    assertThat(federation.allocatable()).isEqualTo(free(federation.a, federation.b));
    assertThat(federation.allocatable().get("cpu")).isEqualTo(4500);
  }

  @Test
  @DisplayName("is what is free, less nothing twice, with our pods")
  void equals_the_free_room_with_our_pods() {
    run("one", "1", Map.of());
    run("two", "500m", Map.of());
    run("three", "2", Map.of());
    truthAfter("three pods of ours run");
    assertThat(federation.offered().get("cpu")).isEqualTo(2500);
    assertThat(federation.allocatable().get("cpu")).isEqualTo(6000);
  }

  @Test
  @DisplayName("follows a local pod that starts, ends or is deleted")
  void follows_local_pods() {
    run("ours", "1", Map.of());
    startLocal(federation.a, "deleted", "1", "a-1");
    truthAfter("a local pod's start");
    federation
        .a
        .client()
        .pods()
        .inNamespace("default")
        .withName("deleted")
        .withGracePeriod(0)
        .delete();
    truthAfter("a local pod's deletion");

    var ending = localPod("ends", "1");
    ending.getMetadata().setAnnotations(Map.of(Simulation.RUN_FOR, "700ms"));
    ending.getSpec().setNodeName("b-1");
    federation.b.client().resource(ending).create();
    truthAfter("another local pod's start");
    eventually("the local pod ends", () -> "Succeeded".equals(phaseIn(federation.b, "ends")));
    truthAfter("a local pod's end");
  }

  @Test
  @DisplayName("follows a node that is added, cordoned, tainted, not ready and deleted")
  void follows_nodes() {
    federation.a.addNode("a-2", NodeShape.cores(3));
    truthAfter("a node was added");
    assertThat(federation.offered().get("cpu")).isEqualTo(9000);
    followsStatesOf("a-2", "an empty node");
    federation.a.removeNode("a-2");
    truthAfter("an empty node was deleted");
    assertThat(federation.offered().get("cpu")).isEqualTo(6000);
  }

  @Test
  @DisplayName("follows a node on which our pod runs the same way, without eating others' room")
  void follows_nodes_with_our_pods() {
    federation.a.addNode("a-2", NodeShape.cores(1));
    truthAfter("a node was added");
    run("ours", "1", Map.of());
    assertThat(federation.delegate("ours").getSpec().getNodeName()).isEqualTo("a-2");
    followsStatesOf("a-2", "a node with our pod");
    federation.a.removeNode("a-2");
    truthAfter("a node with our pod was deleted");
    assertThat(federation.offered().get("cpu")).isEqualTo(6000);
  }

  /** The promise of this class: true within a second. */
  private static void truthAfter(String what) {
    federation.awaitTruth(what, TRUTH);
  }

  private static List<Taint> taintsOf(String node) {
    return federation.a.client().nodes().withName(node).get().getSpec().getTaints();
  }

  private void followsStatesOf(String node, String what) {
    long before = federation.offered().get("cpu");
    long without = federation.offered().minus(freeOn(node)).get("cpu");
    edit(node, n -> n.getSpec().setUnschedulable(true));
    truthAfter(what + " was cordoned");
    assertThat(federation.offered().get("cpu")).isEqualTo(without);
    edit(node, n -> n.getSpec().setUnschedulable(false));
    // The cluster itself keeps pods off until its controller has taken the taint away.
    eventually("the cordon's taint has gone", () -> taintsOf(node).isEmpty());
    truthAfter(what + " was uncordoned");
    assertThat(federation.offered().get("cpu")).isEqualTo(before);
    edit(
        node, n -> n.getSpec().setTaints(List.of(new Taint("NoSchedule", "site/drain", null, ""))));
    truthAfter(what + " was tainted");
    assertThat(federation.offered().get("cpu")).isEqualTo(without);
    edit(node, n -> n.getSpec().setTaints(List.of()));
    truthAfter(what + " lost its taint");
    federation.a.setNodeReady(node, false);
    truthAfter(what + " became NotReady");
    assertThat(federation.offered().get("cpu")).isEqualTo(without);
    federation.a.setNodeReady(node, true);
    truthAfter(what + " became Ready again");
    assertThat(federation.offered().get("cpu")).isEqualTo(before);
  }

  @Test
  @DisplayName("loses the free room of a member that is lost, and has it again when it is back")
  void loses_a_lost_members_room() {
    federation.b.killApiServer();
    try {
      federation.awaitOffer("an empty member was lost", TRUTH, () -> free(federation.a));
    } finally {
      federation.b.startApiServer();
    }
    truthAfter("the empty member came back");
  }

  @Test
  @DisplayName("has nothing new of a member whose data is older than the stated age")
  void fails_closed() {
    federation.b.freezeApiServer();
    try {
      // The data may be used until it is one second old, and the change has one second to show.
      federation.awaitOffer("a member froze", TRUTH.plus(TRUTH), () -> free(federation.a));
    } finally {
      federation.b.thawApiServer();
    }
    truthAfter("the member thawed");
  }

  @Test
  @DisplayName("leaves out the slot of a delegate that still ends when its proxy was force-deleted")
  void holds_until_gone() {
    run("forced", "1", Map.of(Simulation.STOP_DELAY, "4s"));
    federation
        .primary
        .client()
        .pods()
        .inNamespace("default")
        .withName("forced")
        .withGracePeriod(0)
        .delete();
    assertThat(federation.bound()).isEqualTo(Resources.NONE);
    truthAfter("a proxy was force-deleted");
    assertThat(federation.delegate("forced")).as("the delegate, which still ends").isNotNull();
    assertThat(federation.offered().get("cpu")).isEqualTo(5000);
    eventually("the delegate has gone", () -> federation.delegates().isEmpty());
    truthAfter("the delegate of a force-deleted proxy has gone");
    assertThat(federation.offered().get("cpu")).isEqualTo(6000);
  }

  @Test
  @DisplayName(
      "leaves out the slot of a delegate in its grace when its proxy is then force-deleted")
  void holds_until_gone_in_the_grace() {
    run("twice", "1", Map.of(Simulation.STOP_DELAY, "4s"));
    var proxy = federation.primary.client().pods().inNamespace("default").withName("twice");
    proxy.withGracePeriod(60).delete();
    eventually("the delegate ends", () -> federation.delegate("twice").isMarkedForDeletion());
    truthAfter("a delegate began to end");
    proxy.withGracePeriod(0).delete();
    truthAfter("a proxy was force-deleted in its grace");
    assertThat(federation.delegate("twice")).as("the delegate, which still ends").isNotNull();
    assertThat(federation.offered().get("cpu")).isEqualTo(5000);
    eventually("the delegate has gone", () -> federation.delegates().isEmpty());
    truthAfter("the delegate has gone in its grace");
  }

  @Test
  @DisplayName("is zero on a node that stays Ready when the members are full")
  void zero_is_not_sick() {
    startLocal(federation.a, "all-a", "4", "a-1");
    startLocal(federation.b, "all-b", "2", "b-1");
    truthAfter("the members are full");
    assertThat(federation.allocatable().get("cpu")).isZero();
    federation.submit(pod("waits", "1", Map.of()));
    eventually(
        "the scheduler has looked at the pod",
        () ->
            federation.proxy("waits").getStatus().getConditions().stream()
                .anyMatch(c -> "Unschedulable".equals(c.getReason())));
    var node = federation.primary.client().nodes().withName(Federation.NODE).get();
    assertThat(node.getStatus().getConditions())
        .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
    assertThat(node.getSpec().getTaints()).noneMatch(t -> t.getKey().contains("not-ready"));
    assertThat(federation.delegates()).isEmpty();
  }

  /** Submits a pod of ours and waits until it runs. */
  private static void run(String name, String cpu, Map<String, String> annotations) {
    federation.submit(pod(name, cpu, annotations));
    federation.awaitPhase(name, "Running");
  }

  private static void startLocal(LocalCluster member, String name, String cpu, String node) {
    Pod local = localPod(name, cpu);
    local.getSpec().setNodeName(node);
    member.client().resource(local).create();
  }

  private static String phaseIn(LocalCluster member, String name) {
    return member
        .client()
        .pods()
        .inNamespace("default")
        .withName(name)
        .get()
        .getStatus()
        .getPhase();
  }

  private static Node node(String name) {
    return federation.a.client().nodes().withName(name).get();
  }

  private static Resources freeOn(String node) {
    return Resources.ofQuantities(node(node).getStatus().getAllocatable())
        .minus(Federation.requests(federation.a.client(), node));
  }

  private static void edit(String name, Consumer<Node> change) {
    federation
        .a
        .client()
        .nodes()
        .withName(name)
        .edit(
            node -> {
              change.accept(node);
              return node;
            });
  }
}
