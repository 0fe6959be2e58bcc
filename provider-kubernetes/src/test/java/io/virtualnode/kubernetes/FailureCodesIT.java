package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("how a pod ended or why it does not start")
class FailureCodesIT {

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(4), NodeShape.cores(2));
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
  @DisplayName("arrives as it is: exit code 0")
  void exit_0() {
    var status = end("Succeeded", Map.of());
    assertThat(terminated(status).getExitCode()).isZero();
    assertThat(terminated(status).getReason()).isEqualTo("Completed");
  }

  @Test
  @DisplayName("arrives as it is: exit code 64")
  void exit_64() {
    var status = end("Failed", Map.of(Simulation.EXIT_CODE, "64"));
    assertThat(terminated(status).getExitCode()).isEqualTo(64);
    assertThat(terminated(status).getReason()).isEqualTo("Error");
    assertThat(status.getReason()).isNull();
  }

  @Test
  @DisplayName("arrives as it is: OOMKilled")
  void oom_killed() {
    var status = end("Failed", Map.of(Simulation.OUTCOME, "OOMKilled"));
    assertThat(terminated(status).getExitCode()).isEqualTo(137);
    assertThat(terminated(status).getReason()).isEqualTo("OOMKilled");
  }

  @ParameterizedTest(name = "arrives as it is: {0}")
  @ValueSource(strings = {"DeadlineExceeded", "Evicted"})
  void ended_by_the_kubelet(String reason) {
    var status = end("Failed", Map.of(Simulation.OUTCOME, reason));
    assertThat(status.getReason()).isEqualTo(reason);
    assertThat(status.getMessage()).isNotEmpty();
  }

  @ParameterizedTest(name = "arrives as it is: {0}")
  @ValueSource(strings = {"ImagePullBackOff", "CreateContainerError"})
  void does_not_start(String reason) {
    federation.submit(pod("stuck", "1", Map.of(Simulation.OUTCOME, reason)));
    eventually(
        "the proxy says " + reason,
        () -> {
          var waiting = waiting(federation.proxy("stuck").getStatus());
          return waiting != null && reason.equals(waiting.getReason());
        });
    var status = federation.proxy("stuck").getStatus();
    assertThat(status.getPhase()).isEqualTo("Pending");
    Federation.assertSameRun(status, federation.delegate("stuck").getStatus());
  }

  private static PodStatus end(String phase, Map<String, String> life) {
    var annotations = new HashMap<>(life);
    annotations.put(Simulation.RUN_FOR, "200ms");
    federation.submit(pod("ends", "1", annotations));
    federation.awaitPhase("ends", phase);
    var status = federation.proxy("ends").getStatus();
    Federation.assertSameRun(status, federation.delegate("ends").getStatus());
    return status;
  }

  private static ContainerStateTerminated terminated(PodStatus status) {
    return status.getContainerStatuses().get(0).getState().getTerminated();
  }

  /** Null while there is none, which an assertion then says. */
  @SuppressWarnings("NullAway")
  private static ContainerStateWaiting waiting(PodStatus status) {
    var containers = status.getContainerStatuses();
    return containers.isEmpty() ? null : containers.get(0).getState().getWaiting();
  }
}
