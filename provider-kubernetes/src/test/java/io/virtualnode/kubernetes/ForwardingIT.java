package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a forwarded pod")
class ForwardingIT {

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
  @DisplayName("runs in a member and ends in the primary as it ended there")
  void runs_and_ends() {
    federation.submit(Federation.pod("one", "1", Map.of(Simulation.RUN_FOR, "1s")));
    federation.awaitPhase("one", "Running");
    federation.awaitPhase("one", "Succeeded");
    var proxy = federation.proxy("one").getStatus();
    var delegate = federation.delegate("one").getStatus();
    assertThat(proxy.getContainerStatuses()).isEqualTo(delegate.getContainerStatuses());
    assertThat(proxy.getStartTime()).isEqualTo(delegate.getStartTime());
  }
}
