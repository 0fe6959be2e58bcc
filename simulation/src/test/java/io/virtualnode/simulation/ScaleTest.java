package io.virtualnode.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ScaleTest {

  @DisplayName("a_small_site_is_filled_without_drift_and_both_sizes_are_reported")
  @Test
  void small() {
    var command = new Simulation.ScaleCommand();
    command.members = 10;
    command.nodes = 20;
    command.pods = 4000;
    var out = new ByteArrayOutputStream();

    assertThat(command.print(new PrintStream(out, true, StandardCharsets.UTF_8)))
        .as("no drift")
        .isTrue();

    assertThat(out.toString(StandardCharsets.UTF_8))
        .containsPattern("pods +40\\.0 +4000\\.0 +100\\.00")
        .containsPattern("placements per second +[1-9]")
        .containsPattern("full recount, ms")
        .containsPattern("drift +0\\.0 +0\\.0");
  }
}
