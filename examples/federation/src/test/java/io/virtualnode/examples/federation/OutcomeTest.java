package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.examples.federation.Picture.JobEnd;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OutcomeTest {

  private static final JobEnd SUCCESS = new JobEnd(true, "");

  @Test
  void nothing_is_wrong_when_every_job_succeeded_and_the_check_held() {
    var outcome = outcome(1, Map.of("grid-1", SUCCESS), 10, List.of());

    assertThat(outcome.faults()).isEmpty();
    assertThat(outcome.summary())
        .containsExactly(
            "jobs succeeded      1 of 1",
            "wall time           12.3 s",
            "peak running        4 pods",
            "work done           99 core-seconds",
            "check               made 10 times, held throughout; longest time to settle 40 ms");
  }

  @Test
  void failed_job_is_named_with_its_reason() {
    var end = new JobEnd(false, "BackoffLimitExceeded: Job has reached the limit");

    assertThat(outcome(1, Map.of("grid-1", end), 10, List.of()).faults())
        .containsExactly("Job grid-1 failed: BackoffLimitExceeded: Job has reached the limit");
  }

  @Test
  void job_that_has_not_ended_is_a_fault_with_the_reason_of_its_pod() {
    assertThat(outcome(2, Map.of("grid-1", SUCCESS), 10, List.of()).faults())
        .containsExactly(
            "1 of 2 Jobs have not ended", "pod grid-2-x is Pending: 0/1 nodes are available");
  }

  @Test
  void breach_is_a_fault_though_every_job_succeeded() {
    var outcome = outcome(1, Map.of("grid-1", SUCCESS), 10, List.of("2 delegates run for x"));

    assertThat(outcome.faults()).containsExactly("2 delegates run for x");
    assertThat(outcome.summary()).last().asString().contains("broken 1 times");
  }

  @Test
  void check_that_was_never_made_is_a_fault() {
    assertThat(outcome(1, Map.of("grid-1", SUCCESS), 0, List.of()).faults())
        .containsExactly("nothing was ever compared");
  }

  @Test
  void many_faults_of_one_kind_are_cut_short() {
    var ended =
        IntStream.range(0, 90)
            .boxed()
            .collect(Collectors.toMap(i -> "grid-" + i, i -> new JobEnd(false, "x")));

    assertThat(outcome(90, ended, 10, List.of()).faults())
        .hasSize(6)
        .last()
        .isEqualTo("... and 85 more like the last");
  }

  private static Outcome outcome(
      int jobs, Map<String, JobEnd> ended, long checks, List<String> breaches) {
    var waiting =
        new PodFact(
            "2",
            "2",
            "default",
            "grid-2-x",
            Optional.empty(),
            "Pending",
            900,
            "0/1 nodes are available",
            Duration.ZERO);
    return new Outcome(
        jobs,
        ended,
        List.of(waiting),
        Duration.ofMillis(12_340),
        4,
        99,
        checks,
        Duration.ofMillis(40),
        breaches);
  }
}
