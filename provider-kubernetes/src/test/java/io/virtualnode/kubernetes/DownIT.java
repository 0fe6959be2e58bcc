package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The process is down for long: {@code -Ddown.seconds}, 600 to have the time that real clusters
 * evict after. In a build the primary does so after seconds, which needs nodes of its own that are
 * well: a cluster all of whose nodes are silent evicts nothing.
 */
@DisplayName("we are down for ten minutes or an hour")
class DownIT {

  private static final Duration DOWN = Duration.ofSeconds(Integer.getInteger("down.seconds", 40));
  private static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  private static Federation federation;

  @BeforeAll
  static void start() throws IOException {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary")
                    .nodes(2, NodeShape.cores(1))
                    .apiServerFlags(
                        "--default-not-ready-toleration-seconds=3",
                        "--default-unreachable-toleration-seconds=3")
                    .controllerManagerFlags("--node-monitor-grace-period=16s"),
                LocalCluster.builder("a").nodes(1, NodeShape.cores(8)),
                LocalCluster.builder("b").nodes(1, NodeShape.cores(8))),
            UnaryOperator.identity());
    var policy = Files.readString(Path.of("../deploy/tolerations.yaml"));
    assertThat(policy).contains(" == 300,");
    federation // whose API server has another default, see there
        .primary
        .client()
        .load(new ByteArrayInputStream(policy.replace(" == 300,", " == 3,").getBytes(UTF_8)))
        .create();
    await("the policy is in force")
        .atMost(Federation.LIMIT)
        .until(
            () ->
                federation
                    .primary
                    .client()
                    .pods()
                    .inNamespace(NAMESPACE)
                    .resource(job("probe", Map.of()))
                    .dryRun()
                    .create()
                    .getSpec()
                    .getTolerations()
                    .stream()
                    .filter(toleration -> UNREACHABLE.equals(toleration.getKey()))
                    .allMatch(toleration -> toleration.getTolerationSeconds() == null));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @Test
  @DisplayName("proxies stay, jobs run on, and true ends appear on return")
  void down() {
    federation.submit(job("runs", Map.of()));
    federation.submit(job("succeeds", Map.of(Simulation.RUN_FOR, "12s")));
    federation.submit(job("fails", Map.of(Simulation.RUN_FOR, "12s", Simulation.EXIT_CODE, "64")));
    federation.submit(job("vanishes", Map.of()));
    federation.submit(impatient(job("impatient", Map.of())));
    var names = List.of("runs", "succeeds", "fails", "vanishes", "impatient");
    names.forEach(name -> federation.awaitPhase(name, "Running"));
    var running = uidOfDelegate("runs");

    long begin = System.nanoTime();
    federation.stopNode();
    var vanished = federation.delegateMember("vanishes");
    vanished.client().resource(federation.delegate("vanishes")).withGracePeriod(0).delete();
    await("the primary evicts what does not tolerate it")
        .atMost(DOWN.plus(Federation.LIMIT))
        .until(() -> federation.proxy("impatient").isMarkedForDeletion());
    await("it stays down")
        .pollInterval(Duration.ofSeconds(1))
        .atMost(DOWN.plus(Federation.LIMIT))
        .until(() -> System.nanoTime() - begin >= DOWN.toNanos());
    assertThat(List.of("runs", "succeeds", "fails", "vanishes"))
        .allSatisfy(
            name -> {
              assertThat(federation.proxy(name).isMarkedForDeletion()).isFalse();
              assertThat(federation.proxy(name).getStatus().getPhase()).isEqualTo("Running");
            });
    assertThat(uidOfDelegate("runs")).isEqualTo(running);
    eventually(
        "they have ended in the members",
        () ->
            "Succeeded".equals(federation.delegate("succeeds").getStatus().getPhase())
                && "Failed".equals(federation.delegate("fails").getStatus().getPhase()));
    var succeeded = federation.delegate("succeeds").getStatus();
    var failed = federation.delegate("fails").getStatus();

    federation.startNextNode();
    federation.awaitPhase("succeeds", "Succeeded");
    federation.awaitPhase("fails", "Failed");
    federation.awaitPhase("vanishes", "Failed");
    Federation.assertSameRun(federation.proxy("succeeds").getStatus(), succeeded);
    Federation.assertSameRun(federation.proxy("fails").getStatus(), failed);
    assertThat(federation.proxy("vanishes").getStatus().getReason()).isEqualTo("DelegateLost");
    eventually("what was evicted is ended", () -> federation.proxy("impatient") == null);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(uidOfDelegate("runs")).isEqualTo(running);
    federation.awaitTruth("the return");
  }

  private static String uidOfDelegate(String name) {
    return Objects.requireNonNull(federation.delegate(name)).getMetadata().getUid();
  }

  /** Not for the primary's own nodes. */
  private static Pod job(String name, Map<String, String> annotations) {
    return new PodBuilder(Federation.pod(name, "1", annotations))
        .editSpec()
        .addToNodeSelector("virtualnode.io/family", Federation.NODE)
        .endSpec()
        .build();
  }

  /** What a pod says itself, the policy leaves. */
  private static Pod impatient(Pod pod) {
    return new PodBuilder(pod)
        .editSpec()
        .addToTolerations(new Toleration("NoExecute", UNREACHABLE, "Exists", 2L, null))
        .endSpec()
        .build();
  }
}
