package io.virtualnode.benchmarks.utilisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  /** A wide job that waits so many seconds of a window of a hundred, and runs until its end. */
  private static Outcome waiting(int seconds) {
    return new Outcome("vnode", 8, 100_000, List.of(OutcomeTest.run(8, 0, seconds, 100)));
  }

  @Test
  void ratios_are_those_of_the_means_over_all_runs() {
    var comparison =
        new Comparison(List.of(waiting(20), waiting(40)), List.of(waiting(30), waiting(60)));

    assertThat(comparison.wideWaitRatio()).isCloseTo(45 / 30.0, within(1e-9));
    assertThat(comparison.busyRatio()).isCloseTo((70 + 40) / (80 + 60.0), within(1e-9));
    assertThat(comparison.ratios(Outcome::busyCoreSeconds).least())
        .isCloseTo(40 / 60.0, within(1e-9));
    assertThat(comparison.ratios(Outcome::busyCoreSeconds).most())
        .isCloseTo(70 / 80.0, within(1e-9));
  }

  @Test
  void only_what_is_worse_than_the_tolerance_fails() {
    var yardstick = List.of(waiting(50));

    assertThat(new Comparison(yardstick, List.of(waiting(50))).isWithin(0)).isTrue();
    assertThat(new Comparison(yardstick, List.of(waiting(40))).isWithin(0)).isTrue();
    assertThat(new Comparison(yardstick, List.of(waiting(52))).isWithin(0.05)).isTrue();
    assertThat(new Comparison(yardstick, List.of(waiting(52))).isWithin(0.03)).isFalse();
  }

  @Test
  void either_figure_alone_fails_it() {
    var yardstick = new Outcome("y", 8, 100_000, List.of(OutcomeTest.run(8, 0, 50, 100)));
    var idle = new Outcome("i", 8, 100_000, List.of(OutcomeTest.run(8, 0, 50, 60)));
    var late =
        new Outcome(
            "l", 8, 100_000, List.of(OutcomeTest.run(8, 0, 60, 110), OutcomeTest.run(1, 0, 0, 80)));

    assertThat(new Comparison(List.of(yardstick), List.of(idle)).isWithin(0.05)).isFalse();
    assertThat(new Comparison(List.of(yardstick), List.of(late)).busyRatio()).isEqualTo(1);
    assertThat(new Comparison(List.of(yardstick), List.of(late)).isWithin(0.05)).isFalse();
  }

  @Test
  void the_verdict_names_both_figures_and_what_they_may_be() {
    var comparison = new Comparison(List.of(waiting(50)), List.of(waiting(52)));

    assertThat(UtilisationReport.verdict(comparison, 0.05))
        .isEqualTo(
            "PASS: vnode: busy core-seconds x 0.960 (at least 0.95), mean wait of wide jobs"
                + " x 1.040 (at most 1.05)");
    assertThat(UtilisationReport.verdict(comparison, 0)).startsWith("FAIL: ");
  }

  @Test
  void runs_that_are_not_pairs_are_refused() {
    assertThatThrownBy(() -> new Comparison(List.of(waiting(1)), List.of()))
        .hasMessageContaining("0 runs beside 1");
  }
}
