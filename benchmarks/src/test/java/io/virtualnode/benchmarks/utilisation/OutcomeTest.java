package io.virtualnode.benchmarks.utilisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.virtualnode.benchmarks.utilisation.Outcome.Moment;
import io.virtualnode.benchmarks.utilisation.Outcome.Waited;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OutcomeTest {

  /** Ten cores for ten seconds: a wide job that ends after them, and two that wait. */
  private static final Outcome OUTCOME =
      new Outcome("a", 10, 10_000, List.of(run(8, 0, 2, 12), run(1, 0, 1, 4), run(1, 3, 7, 15)));

  @Test
  void busy_is_what_runs_in_the_window_times_its_cores() {
    assertThat(OUTCOME.busyCoreSeconds()).isEqualTo(8 * 8 + 3 + 3);
    assertThat(OUTCOME.utilisation()).isCloseTo(0.7, within(1e-9));
    assertThat(OUTCOME.makespan()).isEqualTo(15);
  }

  @Test
  void waits_are_from_submission_to_start_by_kind() {
    assertThat(OUTCOME.wide()).isEqualTo(new Waited(1, 2, 2));
    assertThat(OUTCOME.narrow()).isEqualTo(new Waited(2, 2.5, 4));
    assertThat(new Outcome("b", 1, 1, List.of(run(1, 0, 1, 2))).wide().mean()).isNaN();
  }

  @Test
  void the_95th_percentile_is_what_19_of_20_did_not_exceed() {
    assertThat(Waited.of(LongStream.rangeClosed(1, 20).map(i -> i * 1000).toArray()).p95())
        .isEqualTo(19);
  }

  @Test
  void a_moment_shows_what_runs_and_what_waits() {
    assertThat(OUTCOME.moments(3))
        .containsExactly(
            new Moment(0, 0, 0, 0, 9),
            new Moment(3, 1, 1, 9, 1),
            new Moment(6, 0, 1, 8, 1),
            new Moment(9, 1, 1, 9, 0),
            new Moment(12, 1, 0, 1, 0),
            new Moment(15, 0, 0, 0, 0));
  }

  @Test
  void the_least_that_waits_is_of_the_window_and_after_the_site_was_full() {
    var runs = List.of(run(1, 0, 1, 9), run(9, 1, 3, 9), run(8, 2, 9, 12), run(1, 5, 9, 12));

    assertThat(new Outcome("c", 10, 9000, runs).leastWaiting()).isEqualTo(8);
    assertThat(new Outcome("c", 10, 11_000, runs).leastWaiting()).isZero();
  }

  @Test
  void an_overrun_is_what_a_job_ran_longer_than_asked() {
    var job = new GridJob(0, 1, 0, 2500);

    assertThat(
            new Outcome("d", 1, 1, List.of(new JobRun(job, 0, 1000, 4000, "n"))).largestOverrun())
        .isEqualTo(0.5);
  }

  static JobRun run(int cores, int submitted, int started, int finished) {
    return new JobRun(
        new GridJob(0, cores, submitted * 1000L, (finished - started) * 1000L),
        submitted * 1000L,
        started * 1000L,
        finished * 1000L,
        "node");
  }
}
