package io.virtualnode.kubernetes.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Kills, partitions, restarts of API servers and meddling, all at once and by chance, with pods in
 * flight; afterwards an outside observer counts. {@code provider-kubernetes/chaos.sh} goes on for
 * longer. What is done follows from the seed; when, and what comes of it, from the clusters.
 */
@DisplayName("our process killed at any instruction, and everything else failing,")
class ChaosIT {

  @Test
  @DisplayName(
      "restart gives the same end state, no second run, nothing lost, no orphan, true ends")
  void chaos() throws IOException {
    var options = ChaosOptions.ofSystemProperties();
    System.out.println("chaos: " + options);
    var folder = Path.of("target", "chaos-" + options.seed());
    try (var chaos = Chaos.start(options, folder)) {
      chaos.disturb();
      var done = chaos.done();
      System.out.printf("done: %s%n", done.counts());
      var atRest = chaos.rest();
      System.out.printf("at rest:%n%s%n", atRest);
      assertThat(atRest.isClean()).as("at rest, %s: %s", folder, atRest).isTrue();
      var cleared = chaos.clear();
      System.out.printf("when all is deleted:%n%s%n", cleared);
      assertThat(cleared.isClean()).as("cleared, %s: %s", folder, cleared).isTrue();
      assertThat(chaos.isAlive()).as("the last process lives").isTrue();

      assertThat(done.count("killed at random")).isGreaterThanOrEqualTo(options.kills());
      assertThat(CrashPoint.ALL)
          .allSatisfy(
              point ->
                  assertThat(done.count("killed at " + point))
                      .as("killed at %s", point)
                      .isGreaterThanOrEqualTo(options.killsAtPoints()));
      assertThat(done.count("partition")).isGreaterThanOrEqualTo(options.partitions());
      assertThat(done.count(Chaos.API_SERVER_BACK)).isGreaterThanOrEqualTo(options.restarts());
    }
  }
}
