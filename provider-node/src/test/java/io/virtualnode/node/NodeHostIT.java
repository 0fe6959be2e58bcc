package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Several nodes in one host, coming and going, against a real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before each test
final class NodeHostIT {

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Taint LOST = new Taint("NoSchedule", "example.com/lost", null, "yes");

  private static LocalCluster cluster;
  private static KubernetesClient client;

  private final String ns = "host-" + NUMBER.incrementAndGet();
  private final String a = ns + "-a";
  private final String b = ns + "-b";
  private final MemoryProvider providerA = new MemoryProvider();
  private final MemoryProvider providerB = new MemoryProvider();
  private NodeHost host;

  @BeforeAll
  static void startCluster() {
    Awaitility.setDefaultTimeout(SOON);
    cluster = LocalCluster.builder("primary").scheduler(false).start();
    client = ApiClients.client(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  @BeforeEach
  void open() {
    cluster.createNamespace(ns);
    host = NodeHost.on(client);
  }

  @AfterEach
  void close() {
    host.close();
    client.pods().inNamespace(ns).withGracePeriod(0).delete();
    client.nodes().withName(a).delete();
    client.nodes().withName(b).delete();
    client.namespaces().withName(ns).delete();
  }

  @Test
  void each_node_gets_its_own_pods_and_nobody_elses_are_kept() {
    add(a, providerA);
    add(b, providerB);
    PodKey onA = create("one", a);
    PodKey onB = create("two", b);
    create("stranger", "elsewhere");

    await().until(() -> !providerA.calls("apply", onA).isEmpty());
    await().until(() -> !providerB.calls("apply", onB).isEmpty());
    providerA.node().podStatus(onA, MemoryProvider.running());
    providerB.node().podStatus(onB, MemoryProvider.ended("Succeeded", 0));

    await().until(() -> phase(onA).equals("Running") && phase(onB).equals("Succeeded"));
    assertThat(providerA.calls).hasSize(1);
    assertThat(providerB.calls).hasSize(1);
    assertThat(host.podWatch().store().size()).isEqualTo(2);
    assertThat(host.nodes()).extracting(VirtualNode::name).containsExactlyInAnyOrder(a, b);

    client.pods().inNamespace(ns).withName("one").withGracePeriod(0).delete();
    await().until(() -> providerA.forgotten.contains(onA));
    await().until(() -> host.podWatch().store().size() == 1);
  }

  @Test
  void node_that_joins_later_has_seen_all_its_pods_before_it_registers() {
    add(a, providerA);
    List<PodKey> bound = List.of(create("p1", b), create("p2", b), create("p3", b));
    add(b, providerB);

    assertThat(providerB.synced).isCompletedWithValue(3);
    await().until(() -> bound.stream().noneMatch(p -> providerB.calls("apply", p).isEmpty()));
    assertThat(providerB.calls).hasSize(3);
    PodKey later = create("p4", b);
    await().until(() -> !providerB.calls("apply", later).isEmpty());
    client.pods().inNamespace(ns).withName("p1").withGracePeriod(0).delete();
    await().until(() -> !providerB.calls("remove", bound.get(0)).isEmpty());
  }

  @Test
  void others_go_on_when_a_node_is_taken_out_and_it_can_come_back() {
    add(a, providerA);
    VirtualNode second = add(b, providerB);
    PodKey onB = create("stays", b);
    await().until(() -> !providerB.calls("apply", onB).isEmpty());
    providerB.node().podStatus(onB, MemoryProvider.running());
    second.close();

    assertThat(providerB.stopped).isDone();
    assertThat(phase(onB)).isEqualTo("Running");
    assertThat(host.find(b)).isEmpty();
    assertThat(host.podWatch().store().size()).isZero();
    assertThat(second.ended().toCompletableFuture()).isCompleted();
    String uid = node(b).getMetadata().getUid();
    PodKey onA = create("other", a);
    await().until(() -> !providerA.calls("apply", onA).isEmpty());

    MemoryProvider next = new MemoryProvider();
    add(b, next);
    await().until(() -> !next.calls("apply", onB).isEmpty());
    assertThat(node(b).getMetadata().getUid()).isEqualTo(uid);
  }

  @Test
  void node_object_is_removed_only_if_no_pods_are_on_it() {
    VirtualNode first = add(a, providerA);
    VirtualNode second = add(b, providerB);
    PodKey onB = create("busy", b);
    await().until(() -> !providerB.calls("apply", onB).isEmpty());

    assertThat(first.remove()).isTrue();
    assertThat(client.nodes().withName(a).get()).isNull();
    assertThat(second.remove()).isFalse();
    assertThat(node(b).getSpec().getTaints())
        .extracting(Taint::getKey)
        .contains(VirtualNode.DEFAULT_TAINT_KEY)
        .doesNotContain(NodeRemoval.TAINT_KEY);
    assertThat(phase(onB)).isEqualTo("Pending");
    assertThatIllegalStateException().isThrownBy(second::remove);
    await().until(() -> client.leases().inNamespace("kube-node-lease").withName(a).get() == null);
  }

  @Test
  void labels_and_taints_follow_while_those_of_others_stay() {
    VirtualNode first =
        start(
            NodeDescription.builder(a).labels(Map.of("zone", "1", "gpu", "yes")).build(),
            providerA);
    client
        .nodes()
        .withName(a)
        .edit(
            found ->
                new NodeBuilder(found)
                    .editMetadata()
                    .addToLabels("foreign", "x")
                    .endMetadata()
                    .editSpec()
                    .addToTaints(new Taint("NoExecute", "foreign", null, "x"))
                    .endSpec()
                    .build());

    first.labels(Map.of("zone", "2"));
    first.taints(List.of(LOST));

    await()
        .untilAsserted(
            () -> {
              assertThat(node(a).getMetadata().getLabels())
                  .containsEntry("zone", "2")
                  .containsEntry("foreign", "x")
                  .containsEntry("type", "virtual-kubelet")
                  .doesNotContainKey("gpu");
              assertThat(node(a).getSpec().getTaints())
                  .extracting(Taint::getKey)
                  .contains("foreign", "example.com/lost")
                  .doesNotContain(VirtualNode.DEFAULT_TAINT_KEY);
            });
    assertThatIllegalArgumentException().isThrownBy(() -> first.labels(Map.of("a b", "")));

    first.close();
    start(NodeDescription.builder(a).taints(List.of()).build(), new MemoryProvider());
    await()
        .untilAsserted(
            () -> {
              assertThat(node(a).getMetadata().getLabels())
                  .containsEntry("foreign", "x")
                  .doesNotContainKey("zone");
              assertThat(node(a).getSpec().getTaints())
                  .extracting(Taint::getKey)
                  .contains("foreign")
                  .doesNotContain("example.com/lost");
            });
  }

  @Test
  void node_comes_back_when_it_is_deleted_and_its_label_when_it_is_taken_off() {
    add(a, providerA);
    add(b, providerB);
    String uid = node(a).getMetadata().getUid();
    client.nodes().withName(a).delete();
    await()
        .until(
            () -> {
              Node again = client.nodes().withName(a).get();
              return again != null && !again.getMetadata().getUid().equals(uid);
            });

    String before = node(b).getMetadata().getUid();
    client
        .nodes()
        .withName(b)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"virtualnode.io/managed\":null}}}");
    await().until(() -> NodeObject.isManaged(node(b)));
    providerB.node().report(NodeReport.ready(Map.of("cpu", new Quantity("3"))));
    await().until(() -> node(b).getStatus().getAllocatable().size() == 1);
    assertThat(node(b).getMetadata().getUid()).isEqualTo(before);
  }

  @Test
  void others_go_on_when_the_name_of_one_is_taken() {
    client.resource(new NodeBuilder().withNewMetadata().withName(a).endMetadata().build()).create();
    create("of-a-machine", a);
    VirtualNode taken = host.add(NodeDescription.builder(a).build(), providerA);
    add(b, providerB);

    assertThat(taken.ended().toCompletableFuture()).failsWithin(SOON);
    assertThat(host.find(a)).isEmpty();
    assertThat(providerA.calls).isEmpty();
    assertThat(providerA.observedAt).isEmpty();
    assertThat(NodeObject.isManaged(node(a))).isFalse();
    PodKey onB = create("fine", b);
    await().until(() -> !providerB.calls("apply", onB).isEmpty());
  }

  @Test
  void host_of_one_node_takes_no_other() {
    try (NodeHost one = NodeHost.ofOne(client, a)) {
      NodeDescription other = NodeDescription.builder(b).build();
      assertThatIllegalStateException().isThrownBy(() -> one.add(other, providerB));
      one.add(NodeDescription.builder(a).build(), providerA);
      PodKey onA = create("mine", a);
      await().until(() -> !providerA.calls("apply", onA).isEmpty());
    }
  }

  @Test
  void name_is_taken_once_and_nothing_is_added_to_a_closed_host() {
    add(a, providerA);
    NodeDescription same = NodeDescription.builder(a).build();
    assertThatIllegalStateException().isThrownBy(() -> host.add(same, providerB));
    assertThat(host.find(a)).isPresent();
    host.close();
    assertThatIllegalStateException().isThrownBy(() -> host.add(same, providerB));
    assertThat(providerA.stopped).isDone();
    assertThat(client.nodes().withName(a).get()).isNotNull();
  }

  @Test
  void pods_that_came_and_went_unseen_are_noticed_by_each_node_when_the_watch_starts_anew() {
    try (Wire wire = new Wire(cluster.url());
        KubernetesClient wired =
            ApiClients.client(
                new ConfigBuilder(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
                    .withMasterUrl(wire.url())
                    .build());
        NodeHost cut = NodeHost.on(wired)) {
      cut.add(NodeDescription.builder(a).build(), providerA).awaitReady(SOON);
      PodKey goes = create("goes", b);
      cut.add(NodeDescription.builder(b).build(), providerB).awaitReady(SOON);
      await().until(() -> !providerB.calls("apply", goes).isEmpty());

      wire.cut();
      client.pods().inNamespace(ns).withName("goes").withGracePeriod(0).delete();
      PodKey comes = create("comes", a);
      cluster.restartApiServer();
      wire.mend();

      await().until(() -> !providerA.calls("apply", comes).isEmpty());
      await().until(() -> !providerB.calls("remove", goes).isEmpty());
      assertThat(providerB.forgotten).containsExactly(goes);
    }
  }

  private VirtualNode add(String name, MemoryProvider provider) {
    return start(NodeDescription.builder(name).build(), provider);
  }

  private VirtualNode start(NodeDescription description, MemoryProvider provider) {
    VirtualNode node = host.add(description, provider);
    node.awaitReady(SOON);
    return node;
  }

  private static Node node(String name) {
    return requireNonNull(client.nodes().withName(name).get());
  }

  private String phase(PodKey key) {
    return client.pods().inNamespace(ns).withName(key.name()).get().getStatus().getPhase();
  }

  private PodKey create(String name, String nodeName) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(ns)
            .endMetadata()
            .withNewSpec()
            .withNodeName(nodeName)
            .withRestartPolicy("Never")
            .addNewContainer()
            .withName("main")
            .withImage("img")
            .endContainer()
            .endSpec()
            .build();
    return PodKey.of(client.resource(pod).create());
  }
}
