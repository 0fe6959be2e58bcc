package io.virtualnode.examples.custom;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.virtualnode.testkit.GuardedProcess;
import io.virtualnode.testkit.LocalCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example's main as a process, against a real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before the tests
final class SleepProviderIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static LocalCluster cluster;
  private static GuardedProcess process;

  @BeforeAll
  static void startClusterAndNode() {
    cluster = LocalCluster.builder("primary").start();
    process = startNode();
    await("node sleep is Ready")
        .atMost(LIMIT)
        .until(
            () -> {
              var node = cluster.client().nodes().withName("sleep").get();
              return node != null
                  && node.getStatus().getConditions().stream()
                      .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
            });
  }

  private static GuardedProcess startNode() {
    return GuardedProcess.of(
            "sleep",
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                SleepProvider.class.getName()))
        .environment("KUBECONFIG", cluster.kubeconfig().toString())
        .start(folder.resolve("log"));
  }

  private static void stopNode() {
    process.terminate();
    assertThat(process.awaitExit(Duration.ofSeconds(20)))
        .as(() -> "ends on SIGTERM; its log: " + process.logTail())
        .isTrue();
  }

  @AfterAll
  static void stop() {
    process.kill();
    cluster.close();
  }

  @Test
  void pod_runs_and_succeeds_when_it_is_bound_to_the_node() {
    var phases = new CopyOnWriteArrayList<String>();
    try (var watch = watchPhases("nap", phases)) {
      assertThat(watch).isNotNull();
      submit("nap");
      await("the nap is over").atMost(LIMIT).until(() -> phases.contains("Succeeded"));
    }

    assertThat(phases.stream().distinct()).containsExactly("Pending", "Running", "Succeeded");
    var terminated =
        requireNonNull(pod("nap"))
            .getStatus()
            .getContainerStatuses()
            .get(0)
            .getState()
            .getTerminated();
    assertThat(terminated.getExitCode()).isZero();
    assertThat(terminated.getReason()).isEqualTo("Completed");
  }

  @Test
  void pod_is_gone_when_it_is_deleted_while_it_runs() {
    submit("unwanted");
    awaitPhase("unwanted", "Running");

    cluster.client().pods().inNamespace("default").withName("unwanted").delete();

    await("it is gone").atMost(LIMIT).until(() -> pod("unwanted") == null);
  }

  @Test
  void nap_goes_on_where_it_was_when_the_process_is_started_again() {
    submit("interrupted");
    awaitPhase("interrupted", "Running");
    var before = requireNonNull(pod("interrupted")).getStatus().getStartTime();

    stopNode();
    process = startNode();

    awaitPhase("interrupted", "Succeeded");
    assertThat(requireNonNull(pod("interrupted")).getStatus().getStartTime()).isEqualTo(before);
  }

  private static void awaitPhase(String name, String phase) {
    await(name + " is " + phase)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> phase.equals(requireNonNull(pod(name)).getStatus().getPhase()));
  }

  @SuppressWarnings("NullAway") // the client says null where there is none
  private static @Nullable Pod pod(String name) {
    return cluster.client().pods().inNamespace("default").withName(name).get();
  }

  private static void submit(String name) {
    cluster
        .client()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewToleration()
                .withKey("virtualnode.io/provider")
                .withOperator("Exists")
                .endToleration()
                .addNewContainer()
                .withName("main")
                .withImage("example.org/nap:1")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  private static Watch watchPhases(String name, List<String> phases) {
    return cluster
        .client()
        .pods()
        .inNamespace("default")
        .withName(name)
        .watch(
            new Watcher<Pod>() {
              @Override
              public void eventReceived(Action action, Pod pod) {
                phases.add(pod.getStatus().getPhase());
              }

              @Override
              public void onClose(WatcherException cause) {}
            });
  }
}
