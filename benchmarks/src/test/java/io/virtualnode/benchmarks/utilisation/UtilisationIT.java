package io.virtualnode.benchmarks.utilisation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The comparison, small: whether it can be made, not what comes out of it. */
class UtilisationIT {

  private final UtilisationOptions options = new UtilisationOptions();
  private final List<Contestant> contestants = new ArrayList<>();

  @Test
  @DisplayName(
      "every job runs once in every system, none has more cores than there are, all are full")
  void compares() {
    new CommandLine(options)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(
            "--vnode=" + Path.of("../provider-kubernetes/target/vnode").toAbsolutePath(),
            "--topology=aggregate",
            "--nodes=1",
            "--minutes=0.25",
            "--shortest=1",
            "--longest=4",
            "--collect-after=1s");
    try {
      UtilisationBenchmark.start(options, contestants);

      var bySystem = UtilisationBenchmark.measure(options, contestants);

      assertThat(bySystem).hasSize(2);
      int jobs = options.mix().jobs(options.seed).size();
      for (var outcomes : bySystem) {
        var outcome = outcomes.get(0);
        assertThat(outcome.runs()).hasSize(jobs);
        assertThat(outcome.wide().jobs()).isPositive();
        assertThat(outcome.runs()).allMatch(run -> run.started() >= run.submitted());
        assertThat(outcome.moments(1))
            .allMatch(moment -> moment.busy() <= outcome.siteCores())
            .anyMatch(moment -> moment.busy() == outcome.siteCores());
        // A shared machine may stall; but jobs always wait, and cores do not.
        assertThat(outcome.utilisation()).isBetween(0.5, 1.0);
        assertThat(outcome.largestOverrun()).isLessThan(5);
      }
      assertThat(UtilisationReport.text(bySystem)).contains("aggregate, collect after 1s");
      assertThat(UtilisationJson.text(options.mix(), bySystem, List.of("none")))
          .contains("\"busyCoreSeconds\"", "\"wideRunning\"");
    } finally {
      contestants.forEach(Contestant::close);
    }
  }
}
