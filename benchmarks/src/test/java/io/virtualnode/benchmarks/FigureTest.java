package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FigureTest {

  @Test
  void of_an_odd_number_of_runs_the_median_is_the_middle_one() {
    assertThat(Figure.of(30, 10, 20)).isEqualTo(new Figure(20, 10, 30));
  }

  @Test
  void of_an_even_number_of_runs_the_median_is_between_the_middle_two() {
    assertThat(Figure.of(4, 1, 2, 3).median()).isEqualTo(2.5);
  }

  @Test
  void the_extremes_are_shown_if_there_are_any() {
    assertThat(Figure.of(1)).hasToString("1.00");
    assertThat(Figure.of(10, 12, 14)).hasToString("12.0 (10.0 to 14.0)");
  }

  @Test
  void no_run_is_no_number() {
    assertThat(Figure.of().median()).isNaN();
  }
}
