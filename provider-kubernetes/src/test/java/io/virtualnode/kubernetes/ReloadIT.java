package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.LIMIT;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.free;
import static io.virtualnode.kubernetes.Federation.pod;
import static io.virtualnode.kubernetes.Federation.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("a configuration put into force while the node runs")
class ReloadIT {

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            NodeShape.cores(4).withLabel("pool", "batch"),
            NodeShape.cores(2).withLabel("site", "b"));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void begins_with_both() {
    federation.awaitTruth("the test's begin");
  }

  @AfterEach
  void clear() {
    federation.node().reload(federation.configuration());
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("takes an idle member's room away, and gives it when the member is added")
  void removes_and_adds_a_member() {
    reload(settings(federation.a));
    federation.awaitOffer("an idle member was removed", LIMIT, () -> free(federation.a));
    assertThat(federation.allocatable().get("cpu")).isEqualTo(4000);
    reload(settings(federation.a), settings(federation.b));
    federation.awaitOffer("a member was added", LIMIT, () -> free(federation.a, federation.b));
    run("there", "2", Map.of());
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
  }

  @Test
  @DisplayName("lets what runs in a removed member go on to its end, and sends nothing new there")
  void lets_a_removed_member_finish() {
    runInB(Map.of(Simulation.RUN_FOR, "8s"));
    reload(settings(federation.a));
    federation.awaitOffer("a busy member was removed", LIMIT, () -> free(federation.a));
    run("later", "1", Map.of());
    assertThat(Federation.delegatesIn(federation.a.client())).hasSize(1);
    federation.awaitPhase("runs", "Succeeded");
    Federation.assertSameRun(
        federation.proxy("runs").getStatus(), federation.delegate("runs").getStatus());
    federation.primary.client().pods().inNamespace("default").withName("runs").delete();
    eventually("its proxy has gone", () -> federation.proxy("runs") == null);
    // A terminal proxy goes at once, and its delegate after it.
    eventually("it has gone", () -> Federation.delegatesIn(federation.b.client()).isEmpty());
    federation.awaitOffer("the removed member is empty", LIMIT, () -> free(federation.a));
  }

  @Test
  @DisplayName("counts the nodes of a removed member no more among those that a pod could ever fit")
  void forgets_the_nodes_of_a_removed_member() {
    runInB(Map.of());
    reload(settings(federation.a));
    federation.awaitOffer("a busy member was removed", LIMIT, () -> free(federation.a));
    var choosy = pod("choosy", "1", Map.of());
    choosy.getSpec().setNodeSelector(Map.of("site", "b"));
    choosy.getSpec().setNodeName(Federation.NODE);
    federation.submit(choosy);
    eventually(
        "it fits no node",
        () -> "FitsNoNode".equals(federation.proxy("choosy").getStatus().getReason()));
    reload(settings(federation.a), settings(federation.b));
    federation.awaitPhase("choosy", "Running");
  }

  @Test
  @DisplayName("deletes a delegate in a removed member when its proxy is deleted")
  void deletes_in_a_removed_member() {
    runInB(Map.of());
    reload(settings(federation.a));
    federation.primary.client().pods().inNamespace("default").withName("runs").delete();
    eventually("its proxy has gone", () -> federation.proxy("runs") == null);
    assertThat(federation.delegates()).isEmpty();
    federation.awaitOffer("the removed member is empty", LIMIT, () -> free(federation.a));
  }

  @Test
  @DisplayName("keeps what runs when its member is removed and added again")
  void keeps_what_runs() {
    runInB(Map.of());
    var delegate = federation.delegate("runs").getMetadata().getUid();
    reload(settings(federation.a));
    federation.awaitOffer("a busy member was removed", LIMIT, () -> free(federation.a));
    reload(settings(federation.a), settings(federation.b));
    federation.awaitTruth("the busy member was added again");
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
  }

  @Test
  @DisplayName(
      "does not take a rebuilt cluster, of the same name and another UID, for the one that has our pods")
  void another_cluster_under_the_name() {
    runInB(Map.of());
    var delegate = federation.delegate("runs").getMetadata().getUid();
    var swapped =
        MemberSettings.named("b", ClusterAccess.of(federation.a.kubeconfig())); // it runs in b
    reload(swapped);
    federation.awaitOffer("the name reaches another cluster", LIMIT, () -> Resources.NONE);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    federation.primary.client().pods().inNamespace("default").withName("runs").delete();
    await("its proxy stays while nobody can say that its delegate has gone")
        .during(Duration.ofSeconds(2))
        .until(() -> federation.proxy("runs") != null);
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    reload(settings(federation.a), settings(federation.b));
    eventually("its proxy has gone", () -> federation.proxy("runs") == null);
    assertThat(federation.delegates()).isEmpty();
    federation.awaitTruth("the right cluster is configured again");
  }

  @Test
  @DisplayName("connects anew with what a changed kubeconfig says")
  void changed_credentials(@TempDir Path folder) throws IOException {
    var file = folder.resolve("kubeconfig");
    Files.copy(federation.b.kubeconfigFor("stranger"), file);
    var member = MemberSettings.named("b", ClusterAccess.of(file));
    reload(settings(federation.a), member);
    federation.awaitOffer("credentials without rights", LIMIT, () -> free(federation.a));
    Files.copy(federation.b.kubeconfig(), file, StandardCopyOption.REPLACE_EXISTING);
    reload(settings(federation.a), member);
    federation.awaitTruth("the file has the right credentials");
  }

  @Test
  @DisplayName("leaves free what a changed headroom asks for, while pods run on")
  void changes_the_headroom() {
    runInB(Map.of());
    var delegate = federation.delegate("runs").getMetadata().getUid();
    var plain = settings(federation.b);
    reload(settings(federation.a), plain.withHeadroom(Map.of("cpu", new Quantity("500m"))));
    federation.awaitOffer(
        "a headroom was set",
        LIMIT,
        () -> free(federation.a, federation.b).minus(Resources.of(Map.of("cpu", 500L))));
    assertThat(federation.delegates()).hasSize(1);
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
  }

  @Test
  @DisplayName("uses only the nodes that a changed selector names")
  void changes_the_selector() {
    var plain = settings(federation.b);
    reload(settings(federation.a), plain.withNodeSelector(Map.of("pool", "batch")));
    federation.awaitOffer("a selector was set that no node has", LIMIT, () -> free(federation.a));
    federation
        .b
        .client()
        .nodes()
        .withName("b-1")
        .edit(
            node -> {
              node.getMetadata().getLabels().put("pool", "batch");
              return node;
            });
    federation.awaitTruth("a node got the label");
  }

  private static void reload(MemberSettings... members) {
    federation.node().reload(federation.configuration(members));
  }

  /** Whichever member placement would prefer at this moment. */
  private static void runInB(Map<String, String> life) {
    reload(settings(federation.b));
    federation.awaitOffer("only one member is configured", LIMIT, () -> free(federation.b));
    run("runs", "1", life);
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
    reload(settings(federation.a), settings(federation.b));
    federation.awaitTruth("both members are configured");
  }

  private static void run(String name, String cpu, Map<String, String> life) {
    federation.submit(pod(name, cpu, life));
    federation.awaitPhase(name, "Running");
  }
}
