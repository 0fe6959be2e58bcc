package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.InheritedLabels;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Member a: four cores in zone z1, and eight in zone z1 with a taint; member b: two in zone z2. */
@DisplayName("virtual nodes")
class TopologyIT {

  private static final Toleration GPU = new Toleration("NoSchedule", "gpu", "Exists", null, null);

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a")
                    .nodes(1, shape(4, "z1"))
                    .nodes(1, shape(8, "z1").withTaint("gpu", "yes", "NoSchedule")),
                LocalCluster.builder("b").nodes(1, shape(2, "z2"))),
            UnaryOperator.identity());
  }

  private static NodeShape shape(int cores, String zone) {
    return NodeShape.cores(cores).withLabel("zone", zone).withLabel("site", "grid");
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
  @DisplayName("are one for each member node, with its labels, its taints and its very room")
  void perNode() {
    run(Topology.PER_NODE);
    var expected = new TreeMap<String, Node>();
    for (var member : List.of(federation.a, federation.b)) {
      for (var node : member.client().nodes().list().getItems()) {
        expected.put("vnode." + member.name() + "." + node.getMetadata().getName(), node);
      }
    }
    eventually("there is one for each", () -> nodes().keySet().equals(expected.keySet()));
    nodes().forEach((name, node) -> assertLooksLike(node, requireNonNull(expected.get(name))));
    awaitRoomOfEach();

    // The scheduler of the primary sees the shapes: eight cores are nowhere but behind the taint.
    federation.submit(pod("wide", "8", Map.of()));
    await("nobody takes it")
        .during(Duration.ofSeconds(2))
        .atMost(Duration.ofSeconds(4))
        .until(() -> federation.proxy("wide").getSpec().getNodeName() == null);
    federation.submit(tolerating(pod("gpu", "8", Map.of())));
    federation.submit(selecting(pod("zoned", "2", Map.of()), Map.of("zone", "z2")));
    federation.awaitPhase("gpu", "Running");
    federation.awaitPhase("zoned", "Running");
    assertRunsWhereItIsBound("gpu");
    assertRunsWhereItIsBound("zoned");
    assertThat(federation.delegateMember("zoned")).isSameAs(federation.b);
    assertThat(federation.delegate("gpu").getSpec().getTolerations()).contains(GPU);
    awaitRoomOfEach();
  }

  @Test
  @DisplayName("are one for each member, with what its nodes have in common")
  void perMember() {
    run(Topology.PER_MEMBER);
    eventually("there are two", () -> nodes().keySet().equals(Set.of("vnode.a", "vnode.b")));
    eventually(
        "they are labelled",
        () ->
            "z1".equals(label("vnode.a", "zone"))
                && "z2".equals(label("vnode.b", "zone"))
                && "grid".equals(label("vnode.a", "site")));
    assertThat(taints("vnode.a")).doesNotContain(new Taint("NoSchedule", "gpu", null, "yes"));
    awaitOffer("vnode.a", federation.a);
    awaitOffer("vnode.b", federation.b);

    federation.submit(selecting(pod("there", "1", Map.of()), Map.of("virtualnode.io/member", "b")));
    federation.awaitPhase("there", "Running");
    assertThat(federation.delegateMember("there")).isSameAs(federation.b);
    awaitOffer("vnode.a", federation.a);
    awaitOffer("vnode.b", federation.b);
  }

  @Test
  @DisplayName("are one for all, with what all have in common, less what is excluded, and a union")
  void aggregate() {
    federation.restartNode(
        configuration ->
            configuration.withNode(
                settings(Topology.AGGREGATE)
                    .withInheritedLabels(new InheritedLabels(Set.of(), Set.of("zone")))));
    eventually("there is one", () -> nodes().keySet().equals(Set.of("vnode")));
    eventually(
        "it is labelled",
        () -> "grid".equals(label("vnode", "site")) && "z1".equals(label("vnode", "zone")));
    federation.submit(selecting(pod("zoned", "1", Map.of()), Map.of("site", "grid")));
    federation.awaitPhase("zoned", "Running");

    federation.restartNode(
        configuration ->
            configuration.withNode(
                settings(Topology.AGGREGATE)
                    .withInheritedLabels(new InheritedLabels(Set.of("site"), Set.of()))));
    eventually(
        "it no longer is", () -> label("vnode", "site") == null && label("vnode", "zone") == null);
  }

  @Test
  @DisplayName("come and go with member nodes, but not as long as pods are on them")
  void comeAndGo() {
    run(Topology.PER_NODE);
    eventually("there are three", () -> nodes().size() == 3);
    federation.submit(selecting(pod("stays", "2", Map.of()), Map.of("zone", "z2")));
    federation.awaitPhase("stays", "Running");
    var node = federation.proxy("stays").getSpec().getNodeName();

    var real = federation.b.client().nodes().list().getItems().get(0);
    var idle =
        federation.a.client().nodes().list().getItems().stream()
            .filter(found -> found.getSpec().getTaints().isEmpty())
            .findFirst()
            .orElseThrow();
    federation.b.client().resource(real).delete();
    federation.a.client().resource(idle).delete();
    eventually("the one without pods goes", () -> nodes().size() == 2);
    assertThat(nodes()).containsKey(node);
    eventually(
        "what the other has is what its pod holds, or less",
        () -> cores(allocatable(node)).fitsInto(cores(requests(node))));

    federation.b.client().resource(bare(real)).create();
    federation.a.client().resource(bare(idle)).create();
    eventually("both are back", () -> nodes().size() == 3);
    awaitRoomOfEach();
  }

  @Test
  @DisplayName("keep their looks and their pods while the process is replaced")
  void restart() {
    run(Topology.PER_NODE);
    eventually("there are three", () -> nodes().size() == 3);
    federation.submit(selecting(pod("zoned", "1", Map.of()), Map.of("zone", "z2")));
    federation.submit(tolerating(pod("gpu", "8", Map.of(Simulation.RUN_FOR, "4s"))));
    federation.awaitPhase("gpu", "Running");
    federation.awaitPhase("zoned", "Running");
    var delegates = uids();
    var before = looks();
    var seen = new ConcurrentLinkedQueue<Map<String, String>>();
    var watch = federation.primary.client().nodes().watch(new Looks(seen));
    federation.restartNode();
    federation.awaitPhase("gpu", "Succeeded");
    awaitRoomOfEach();
    watch.close();
    assertThat(looks()).isEqualTo(before);
    assertThat(seen).as("what Nodes looked like meanwhile").isNotEmpty();
    assertThat(new HashSet<>(before.values())).containsAll(looks(seen));
    assertThat(uids()).as("delegates").isEqualTo(delegates);
  }

  @Test
  @DisplayName("of another topology stay until their last pod is gone, and offer nothing")
  void switched() {
    run(Topology.AGGREGATE);
    eventually("there is one", () -> nodes().keySet().equals(Set.of("vnode")));
    federation.submit(pod("old", "2", Map.of()));
    federation.awaitPhase("old", "Running");
    run(Topology.PER_NODE);
    eventually("all are there", () -> nodes().size() == 4);
    eventually(
        "the former one has what its pod holds",
        () -> allocatable("vnode").equals(requests("vnode")));
    awaitRoomOfEach();
    federation.submit(selecting(pod("new", "1", Map.of()), Map.of("zone", "z1")));
    federation.awaitPhase("new", "Running");
    assertThat(federation.proxy("old").getStatus().getPhase()).isEqualTo("Running");

    federation.primary.client().pods().inNamespace(Federation.NAMESPACE).withName("old").delete();
    eventually("the former one goes", () -> !nodes().containsKey("vnode"));
    assertThat(federation.delegate("old")).isNull();
    run(Topology.AGGREGATE);
    eventually("those with pods stay", () -> nodes().size() == 2);
    federation.awaitTruth("the switch back while a pod runs");
    federation.primary.client().pods().inNamespace(Federation.NAMESPACE).withName("new").delete();
    eventually("one is left", () -> nodes().keySet().equals(Set.of("vnode")));
    federation.awaitTruth("the switch back");
  }

  @Test
  @DisplayName("of a member whose nodes come to be seen offer its room once while its pods run on")
  void seen() {
    var b = Federation.settings(federation.b).withNamespace(Federation.NAMESPACE);
    var node = federation.b.client().nodes().list().getItems().get(0);
    federation.restartNode(
        configuration ->
            configuration
                .withNode(settings(Topology.PER_NODE))
                .withMembers(
                    List.of(
                        Federation.settings(federation.a),
                        b.withCapacity(
                            new CapacitySource.Static(node.getStatus().getAllocatable())))));
    eventually("one is for b", () -> nodes().containsKey("vnode.b"));
    federation.submit(selecting(pod("old", "1", Map.of()), Map.of("virtualnode.io/member", "b")));
    federation.awaitPhase("old", "Running");

    run(
        configuration ->
            configuration
                .withNode(settings(Topology.PER_NODE))
                .withMembers(List.of(Federation.settings(federation.a), b)));
    eventually(
        "one is for b's node, too",
        () -> nodes().containsKey("vnode.b." + node.getMetadata().getName()));
    awaitRoomOfEach();
    eventually(
        "the former one has what its pod holds",
        () -> allocatable("vnode.b").equals(requests("vnode.b")));
    assertThat(federation.proxy("old").getStatus().getPhase()).isEqualTo("Running");
    federation.primary.client().pods().inNamespace(Federation.NAMESPACE).withName("old").delete();
    eventually("the former one goes", () -> !nodes().containsKey("vnode.b"));
  }

  @Test
  @DisplayName(
      "of each member node get a slot collected for a wide pod, where its labels let it go")
  void collected() {
    federation.restartNode(
        configuration ->
            configuration
                .withNode(settings(Topology.PER_NODE))
                .withPlacement(
                    PlacementSettings.DEFAULT.withCollectAfter(
                        Optional.of(Duration.ofSeconds(1)))));
    eventually("all are there", () -> nodes().size() == 3);
    for (int i = 0; i < 4; i++) {
      federation.submit(pod("small" + i, "1", Map.of(Simulation.RUN_FOR, 3 + i + "s")));
    }
    for (int i = 0; i < 4; i++) {
      federation.awaitPhase("small" + i, "Running");
    }
    federation.submit(
        selecting(pod("wide", "4", Map.of(Simulation.RUN_FOR, "1s")), Map.of("zone", "z1")));
    eventually("it is unschedulable", () -> hasWaited("wide"));
    for (int i = 4; i < 24; i++) {
      federation.submit(
          selecting(pod("small" + i, "1", Map.of(Simulation.RUN_FOR, "3s")), Map.of("zone", "z1")));
    }
    await("the wide pod starts although small ones wait")
        .atMost(Federation.LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> List.of("Running", "Succeeded").contains(phase("wide")));
    assertThat(
            federation.primary.client().pods().list().getItems().stream()
                .filter(pod -> pod.getSpec().getNodeName() == null))
        .as("small pods that wait unbound")
        .isNotEmpty();
  }

  private static boolean hasWaited(String name) {
    return federation.proxy(name).getStatus().getConditions().stream()
        .anyMatch(condition -> "Unschedulable".equals(condition.getReason()));
  }

  private static String phase(String name) {
    return federation.proxy(name).getStatus().getPhase();
  }

  // --- running

  /** Another configuration comes into force without a new process. */
  private static void run(UnaryOperator<Configuration> changed) {
    federation.node().reload(changed.apply(federation.configuration()));
  }

  private static void run(Topology topology) {
    federation.restartNode(configuration -> configuration.withNode(settings(topology)));
  }

  private static NodeSettings settings(Topology topology) {
    return NodeSettings.named(Federation.NODE).withTopology(topology);
  }

  private static Pod tolerating(Pod pod) {
    return new PodBuilder(pod).editSpec().addToTolerations(GPU).endSpec().build();
  }

  private static Pod selecting(Pod pod, Map<String, String> labels) {
    return new PodBuilder(pod).editSpec().withNodeSelector(labels).endSpec().build();
  }

  private static Node bare(Node node) {
    return new NodeBuilder(node)
        .editMetadata()
        .withResourceVersion(null)
        .withUid(null)
        .endMetadata()
        .build();
  }

  // --- looking

  /** The virtual nodes by name. */
  private static Map<String, Node> nodes() {
    return federation
        .primary
        .client()
        .nodes()
        .withLabel("virtualnode.io/managed", "true")
        .list()
        .getItems()
        .stream()
        .collect(Collectors.toMap(node -> node.getMetadata().getName(), node -> node));
  }

  private static @Nullable String label(String node, String key) {
    return node(node).getMetadata().getLabels().get(key);
  }

  private static Node node(String name) {
    return requireNonNull(nodes().get(name), name);
  }

  private static List<Taint> taints(String node) {
    return node(node).getSpec().getTaints();
  }

  private static Resources allocatable(String node) {
    return Resources.ofQuantities(node(node).getStatus().getAllocatable());
  }

  private static Resources requests(String node) {
    return Federation.requests(federation.primary.client(), node);
  }

  private static Resources cores(Resources resources) {
    return Resources.of(Map.of("cpu", resources.get("cpu")));
  }

  private static void assertLooksLike(Node node, Node member) {
    var inherited = new TreeMap<>(member.getMetadata().getLabels());
    inherited.remove("kubernetes.io/hostname");
    inherited.remove("type");
    assertThat(node.getMetadata().getLabels()).containsAllEntriesOf(inherited);
    assertThat(node.getSpec().getTaints()).containsAll(member.getSpec().getTaints());
    assertThat(node.getSpec().getTaints())
        .extracting(Taint::getKey)
        .contains("virtualnode.io/provider");
  }

  /** What each virtual node may still give away is what its member node has free. */
  private static void awaitRoomOfEach() {
    await("each offers what its node has")
        .atMost(Federation.LIMIT)
        .pollInterval(Duration.ofMillis(30))
        .untilAsserted(
            () -> {
              for (var member : List.of(federation.a, federation.b)) {
                for (var node : member.client().nodes().list().getItems()) {
                  var name = node.getMetadata().getName();
                  var mine = "vnode." + member.name() + "." + name;
                  assertThat(allocatable(mine).minus(requests(mine)))
                      .as(mine)
                      .isEqualTo(
                          Resources.ofQuantities(node.getStatus().getAllocatable())
                              .minus(Federation.requests(member.client(), name)));
                }
              }
            });
  }

  private static void awaitOffer(String node, LocalCluster member) {
    await("the room of " + member.name())
        .atMost(Federation.LIMIT)
        .pollInterval(Duration.ofMillis(30))
        .untilAsserted(
            () ->
                assertThat(allocatable(node).minus(requests(node)))
                    .isEqualTo(Federation.free(member)));
  }

  private static void assertRunsWhereItIsBound(String name) {
    var delegate = federation.delegate(name);
    assertThat(
            "vnode."
                + federation.delegateMember(name).name()
                + "."
                + delegate.getSpec().getNodeName())
        .isEqualTo(federation.proxy(name).getSpec().getNodeName());
    var required =
        delegate
            .getSpec()
            .getAffinity()
            .getNodeAffinity()
            .getRequiredDuringSchedulingIgnoredDuringExecution();
    assertThat(required.getNodeSelectorTerms())
        .allSatisfy(
            term ->
                assertThat(term.getMatchFields())
                    .singleElement()
                    .satisfies(
                        field ->
                            assertThat(field.getValues())
                                .containsExactly(delegate.getSpec().getNodeName())));
  }

  private static Map<String, String> uids() {
    return federation.delegates().stream()
        .collect(
            Collectors.toMap(
                delegate -> delegate.getMetadata().getName(),
                delegate -> delegate.getMetadata().getUid()));
  }

  /** The labels and taints of each virtual node. */
  private static Map<String, String> looks() {
    return nodes().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, node -> look(node.getValue())));
  }

  private static Set<String> looks(Iterable<Map<String, String>> seen) {
    var looks = new HashSet<String>();
    seen.forEach(map -> looks.addAll(map.values()));
    return looks;
  }

  private static String look(Node node) {
    return new TreeMap<>(node.getMetadata().getLabels())
        + " "
        + node.getSpec().getTaints().stream().map(Taint::toString).sorted().toList();
  }

  /** Notes how Nodes look whenever one changes. */
  private record Looks(ConcurrentLinkedQueue<Map<String, String>> seen) implements Watcher<Node> {

    @Override
    public void eventReceived(Action action, Node node) {
      seen.add(Map.of(node.getMetadata().getName(), look(node)));
    }

    @Override
    public void onClose(WatcherException cause) {
      throw new AssertionError("the watch of Nodes broke", cause);
    }
  }
}
