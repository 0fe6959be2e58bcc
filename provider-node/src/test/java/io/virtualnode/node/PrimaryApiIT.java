package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What this package relies on of a real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before all tests
final class PrimaryApiIT {

  private static final Map<String, String> LABEL = Map.of("x", "y");

  private static LocalCluster cluster;
  private static KubernetesClient client;

  private final PrimaryApi api =
      new PrimaryApi(client, ForkJoinPool.commonPool(), new VirtualTimer());

  @BeforeAll
  static void startCluster() {
    cluster = LocalCluster.builder("api").scheduler(false).start();
    client = ApiClients.client(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  @Test
  void patch_of_a_node_is_refused_when_it_names_another_one() {
    Node node = node("replaced");
    Map<String, Object> other = Map.of("uid", "11111111-2222-3333-4444-555555555555");
    Map<String, Object> metadata = Map.of("metadata", withLabels(other));
    Map<String, Object> status = Map.of("metadata", other, "status", Map.of("phase", "Running"));

    refused(api.patchNode("replaced", metadata));
    refused(api.patchNodeStatus("replaced", status));
    Node stored = client.nodes().withName("replaced").get();
    assertThat(stored.getMetadata().getLabels()).doesNotContainKey("x");
    assertThat(stored.getStatus().getPhase()).isNull();

    Map<String, Object> same = Map.of("uid", node.getMetadata().getUid());
    assertThat(api.patchNode("replaced", Map.of("metadata", withLabels(same))))
        .succeedsWithin(Duration.ofSeconds(10))
        .satisfies(ours -> assertThat(ours.getMetadata().getLabels()).containsKey("x"));
  }

  @Test
  void absent_node_and_namespace_are_told_apart_from_a_failure() {
    assertThat(api.node("nowhere"))
        .succeedsWithin(Duration.ofSeconds(10))
        .matches(n -> n.isEmpty());
    assertThat(api.namespaceUid("kube-system"))
        .succeedsWithin(Duration.ofSeconds(10))
        .satisfies(uid -> assertThat(uid).hasSize(36));
  }

  private static Map<String, Object> withLabels(Map<String, Object> metadata) {
    return Map.of("uid", metadata.get("uid"), "labels", LABEL);
  }

  private static void refused(CompletableFuture<Node> answer) {
    assertThat(answer)
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .satisfies(
            e ->
                assertThat(PrimaryApi.code(requireNonNull(e.getCause())))
                    .isEqualTo(PrimaryApi.INVALID));
  }

  private static Node node(String name) {
    return client
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }
}
