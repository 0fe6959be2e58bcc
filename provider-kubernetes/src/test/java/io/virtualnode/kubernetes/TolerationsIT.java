package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The policy in {@code deploy/tolerations.yaml}. */
@DisplayName("with the admission policy for tolerations")
class TolerationsIT {

  private static final String NOT_READY = "node.kubernetes.io/not-ready";
  private static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  private static LocalCluster primary;

  @BeforeAll
  static void start() throws IOException {
    primary = LocalCluster.builder("primary").start();
    try (var policy = Files.newInputStream(Path.of("../deploy/tolerations.yaml"))) {
      primary.client().load(policy).create();
    }
    await("the policy is in force")
        .atMost(Duration.ofSeconds(30))
        .until(() -> seconds(dryRun(Federation.pod("probe", "1", Map.of()))).equals(unlimited()));
  }

  @AfterAll
  static void stop() {
    primary.close();
  }

  @Test
  @DisplayName("pods for the virtual node tolerate its silence without limit, others as by default")
  void unlimitedForOurs() {
    var other =
        new PodBuilder(Federation.pod("other", "1", Map.of()))
            .editSpec()
            .withTolerations(List.of())
            .endSpec()
            .build();
    assertThat(seconds(dryRun(Federation.pod("ours", "1", Map.of())))).isEqualTo(unlimited());
    assertThat(seconds(dryRun(other))).containsExactly(NOT_READY + " 300", UNREACHABLE + " 300");
  }

  @Test
  @DisplayName("what a pod says itself stays")
  void itsOwn() {
    var pod =
        new PodBuilder(Federation.pod("own", "1", Map.of()))
            .editSpec()
            .addToTolerations(new Toleration("NoExecute", NOT_READY, "Exists", 60L, null))
            .addToTolerations(new Toleration("NoSchedule", "gpu", "Exists", null, null))
            .endSpec()
            .build();
    var admitted = dryRun(pod);
    assertThat(seconds(admitted)).containsExactly(NOT_READY + " 60", UNREACHABLE + " null");
    assertThat(admitted.getSpec().getTolerations())
        .extracting(Toleration::getKey)
        .contains("gpu", "virtualnode.io/provider");
  }

  private static List<String> unlimited() {
    return List.of(NOT_READY + " null", UNREACHABLE + " null");
  }

  private static List<String> seconds(Pod pod) {
    return pod.getSpec().getTolerations().stream()
        .filter(toleration -> List.of(NOT_READY, UNREACHABLE).contains(toleration.getKey()))
        .map(toleration -> toleration.getKey() + " " + toleration.getTolerationSeconds())
        .sorted()
        .toList();
  }

  private static Pod dryRun(Pod pod) {
    return primary.client().pods().inNamespace(NAMESPACE).resource(pod).dryRun().create();
  }
}
