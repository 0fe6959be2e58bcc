package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.kubernetes.TrueRoom.Nodes;
import io.virtualnode.kubernetes.TrueRoom.Pods;
import io.virtualnode.kubernetes.TrueRoom.Proxies;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Member a has one node of 8 cores and one of 4. Room is that of cores alone. */
@DisplayName("real room")
class TrueRoomTest {

  private Nodes nodes = Nodes.of("a").with(node("large", 8)).with(node("small", 4));
  private Pods pods = Pods.of("a");
  private Proxies proxies = Proxies.none();

  @Test
  @DisplayName("is what usable nodes have free, none of it below nothing")
  void free() {
    assertThat(room()).isEqualTo(12);

    pods = pods.with(on("small", pod("local", 6)));
    assertThat(room()).isEqualTo(8);

    var cordoned = node("large", 8);
    cordoned.getSpec().setUnschedulable(true);
    nodes = nodes.with(cordoned);
    assertThat(room()).isZero();

    nodes = nodes.with(node("large", 8));
    pods = pods.without(pod("local", 6));
    nodes = nodes.without(node("small", 4));
    assertThat(room()).isEqualTo(8);
  }

  @Test
  @DisplayName("is the same while a proxy that is bound gets its place and its delegate runs")
  void forwarding() {
    proxies = proxies.with(pod("p", 3));
    assertThat(room()).as("it is bound").isEqualTo(9);
    proxies = proxies.with(intended(pod("p", 3), "small"));
    assertThat(room()).as("it has a place").isEqualTo(9);
    pods = pods.with(delegateOf("p", pod("d", 3)));
    assertThat(room()).as("its delegate is created").isEqualTo(9);
    pods = pods.with(on("small", delegateOf("p", pod("d", 3))));
    assertThat(room()).as("its delegate is on a node").isEqualTo(9);
    assertThat(pods.holdsRoomOf("p")).isTrue();
    assertThat(allocatable()).as("what the node says").isEqualTo(12);
  }

  @Test
  @DisplayName("is there again when a proxy is over as well as its delegate")
  void end() {
    proxies = proxies.with(intended(pod("p", 3), "small"));
    pods = pods.with(on("small", delegateOf("p", pod("d", 3))));
    pods = pods.with(over(on("small", delegateOf("p", pod("d", 3)))));
    assertThat(pods.holdsRoomOf("p")).isFalse();
    assertThat(room()).as("its proxy is still subtracted").isEqualTo(9);
    assertThat(allocatable()).as("what the node says").isEqualTo(12);
    proxies = proxies.with(over(pod("p", 3)));
    assertThat(room()).isEqualTo(12);
    assertThat(allocatable()).as("what the node says").isEqualTo(12);
  }

  @Test
  @DisplayName("is still taken by the delegate of a proxy that was deleted by force")
  void force() {
    proxies = proxies.with(intended(pod("p", 3), "small"));
    pods = pods.with(on("small", delegateOf("p", pod("d", 3))));
    proxies = proxies.without(pod("p", 3));
    assertThat(room()).isEqualTo(9);
    assertThat(allocatable()).isEqualTo(9);
  }

  @Test
  @DisplayName("is not taken by a proxy that no node could take, until one could")
  void fits_no_node() {
    proxies = proxies.with(pod("p", 9));
    assertThat(room()).isEqualTo(12);
    nodes = nodes.with(node("large", 10));
    assertThat(room()).isEqualTo(5);
    nodes = nodes.with(tainted(node("large", 10), "node.kubernetes.io/not-ready"));
    assertThat(room()).as("it takes it when it is ready again").isEqualTo(-5);
    nodes = nodes.with(tainted(node("large", 10), "site/drain"));
    assertThat(room()).isEqualTo(4);
  }

  @Test
  @DisplayName("of others is not taken by our pods on a node that is lost")
  void lost() {
    proxies = proxies.with(intended(pod("p", 3), "small"));
    pods = pods.with(on("small", delegateOf("p", pod("d", 3))));
    nodes = nodes.with(tainted(node("small", 4), "node.kubernetes.io/not-ready"));
    assertThat(room()).isEqualTo(8);
  }

  private long room() {
    var room = new TrueRoom(List.of(proxies, nodes, pods));
    return room.allocatable(Set.of()).minus(room.bound()).cpu() / 1000;
  }

  private long allocatable() {
    return new TrueRoom(List.of(proxies, nodes, pods)).allocatable(Set.of()).cpu() / 1000;
  }

  private static Node node(String name, int cores) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withNewSpec()
        .endSpec()
        .withNewStatus()
        .withAllocatable(Map.of("cpu", new Quantity(cores + ""), "pods", new Quantity("110")))
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Node tainted(Node node, String taint) {
    return new NodeBuilder(node)
        .editSpec()
        .addNewTaint()
        .withKey(taint)
        .withEffect("NoSchedule")
        .endTaint()
        .endSpec()
        .build();
  }

  private static Pod pod(String uid, int cores) {
    return new PodBuilder()
        .withNewMetadata()
        .withUid(uid)
        .withLabels(Map.of())
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withNewResources()
        .addToRequests("cpu", new Quantity(cores + ""))
        .endResources()
        .endContainer()
        .endSpec()
        .withNewStatus()
        .withPhase("Pending")
        .endStatus()
        .build();
  }

  private static Pod on(String node, Pod pod) {
    return new PodBuilder(pod).editSpec().withNodeName(node).endSpec().build();
  }

  private static Pod over(Pod pod) {
    return new PodBuilder(pod).editStatus().withPhase("Succeeded").endStatus().build();
  }

  private static Pod delegateOf(String proxy, Pod pod) {
    return new PodBuilder(pod)
        .editMetadata()
        .addToLabels("virtualnode.io/proxy-uid", proxy)
        .endMetadata()
        .build();
  }

  private static Pod intended(Pod pod, String node) {
    return new PodBuilder(pod)
        .editStatus()
        .addNewCondition()
        .withType("virtualnode.io/Delegate")
        .withMessage("v1 member=a node=" + node + " cluster=c attempt=0")
        .endCondition()
        .endStatus()
        .build();
  }
}
