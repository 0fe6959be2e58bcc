package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a local cluster")
class LocalClusterIT {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static LocalCluster cluster;

  @BeforeAll
  static void start() {
    cluster = LocalCluster.builder("testkit").nodes(2, NodeShape.cores(4)).start();
  }

  @AfterAll
  static void stop() {
    var pids = cluster.pids();
    cluster.close();
    assertThat(pids)
        .noneMatch(pid -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent());
    assertThat(cluster.folder()).doesNotExist();
  }

  @Test
  @DisplayName("runs a pod to each end that its annotations name")
  void runs_pods_to_their_ends() {
    create("ok", Map.of(Simulation.RUN_FOR, "100ms"));
    create("exit64", Map.of(Simulation.RUN_FOR, "100ms", Simulation.EXIT_CODE, "64"));
    create("oom", Map.of(Simulation.RUN_FOR, "100ms", Simulation.OUTCOME, "OOMKilled"));
    create("late", Map.of(Simulation.RUN_FOR, "100ms", Simulation.OUTCOME, "DeadlineExceeded"));
    create("evicted", Map.of(Simulation.RUN_FOR, "100ms", Simulation.OUTCOME, "Evicted"));
    create("pull", Map.of(Simulation.OUTCOME, "ImagePullBackOff"));
    create("forever", Map.of());

    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(phase("ok")).isEqualTo("Succeeded");
              assertThat(terminated("exit64").getExitCode()).isEqualTo(64);
              assertThat(terminated("exit64").getReason()).isEqualTo("Error");
              assertThat(terminated("oom").getReason()).isEqualTo("OOMKilled");
              assertThat(terminated("oom").getExitCode()).isEqualTo(137);
              assertThat(pod("late").getStatus().getReason()).isEqualTo("DeadlineExceeded");
              assertThat(pod("evicted").getStatus().getReason()).isEqualTo("Evicted");
              assertThat(pod("pull").getStatus().getPhase()).isEqualTo("Pending");
              assertThat(
                      pod("pull")
                          .getStatus()
                          .getContainerStatuses()
                          .get(0)
                          .getState()
                          .getWaiting()
                          .getReason())
                  .isEqualTo("ImagePullBackOff");
              assertThat(phase("forever")).isEqualTo("Running");
            });
    assertThat(terminated("ok").getReason()).isEqualTo("Completed");
    assertThat(pod("forever").getStatus().getPodIP()).isNotEmpty();
    cluster.client().pods().inNamespace("default").delete();
    await()
        .atMost(LIMIT)
        .until(() -> cluster.client().pods().inNamespace("default").list().getItems().isEmpty());
  }

  @Test
  @DisplayName("reports a deleted pod's end before the pod goes, after its time to stop")
  void reports_the_end_of_a_deleted_pod() {
    create("deleted", Map.of(Simulation.STOP_DELAY, "500ms"));
    await().atMost(LIMIT).until(() -> "Running".equals(phase("deleted")));
    var exitCodes = new CopyOnWriteArrayList<Integer>();
    var gone = new CountDownLatch(1);
    try (var watch =
        cluster
            .client()
            .pods()
            .inNamespace("default")
            .withName("deleted")
            .watch(
                new Watcher<Pod>() {
                  @Override
                  public void eventReceived(Action action, Pod pod) {
                    var state = pod.getStatus().getContainerStatuses().get(0).getState();
                    if (state.getTerminated() != null) {
                      exitCodes.add(state.getTerminated().getExitCode());
                    }
                    if (action == Action.DELETED) {
                      gone.countDown();
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {
                    throw new AssertionError("watch broke", cause);
                  }
                })) {
      assertThat(watch).isNotNull();
      cluster.client().pods().inNamespace("default").withName("deleted").delete();
      await().atMost(LIMIT).until(() -> gone.getCount() == 0);
    }
    assertThat(exitCodes).isNotEmpty().containsOnly(143);
  }

  @Test
  @DisplayName("keeps a node NotReady until it is made Ready again")
  void keeps_a_node_not_ready() {
    cluster.setNodeReady("testkit-2", false);
    assertThat(cluster.client().nodes().withName("testkit-2").get().getStatus().getConditions())
        .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("False"));
    cluster.setNodeReady("testkit-2", true);
  }

  @Test
  @DisplayName("keeps its objects when the API server is killed and started again")
  void survives_its_api_server() {
    cluster.createNamespace("kept");
    cluster.killApiServer();
    Assertions.assertThatThrownBy(() -> cluster.client().namespaces().withName("kept").get())
        .isInstanceOf(KubernetesClientException.class);
    cluster.startApiServer();
    assertThat(cluster.client().namespaces().withName("kept").get()).isNotNull();
  }

  @Test
  @DisplayName("gives a user no more rights than RBAC does")
  void users_have_the_rights_of_rbac() {
    var config = Config.fromKubeconfig(cluster.kubeconfigFor("alice", "physicists").toFile());
    try (var alice = new KubernetesClientBuilder().withConfig(config).build()) {
      Assertions.assertThatThrownBy(() -> alice.nodes().list())
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("User \"alice\" cannot list resource \"nodes\"");
    }
  }

  private static void create(String name, Map<String, String> annotations) {
    cluster
        .client()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName("main")
                .withImage("simulated")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  private static Pod pod(String name) {
    return cluster.client().pods().inNamespace("default").withName(name).get();
  }

  private static String phase(String name) {
    return pod(name).getStatus().getPhase();
  }

  private static io.fabric8.kubernetes.api.model.ContainerStateTerminated terminated(String name) {
    return pod(name).getStatus().getContainerStatuses().get(0).getState().getTerminated();
  }
}
