package io.virtualnode.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HistoriesTest {

  private static final int HISTORIES = 10_000;

  @DisplayName("the_account_is_true_at_every_step_of_random_histories_and_all_that_fits_ends")
  @Test
  void histories() {
    var seeds = Seeds.fromProperties(HISTORIES);
    assertThat(seeds.run()).as("steps checked").isPositive();
  }
}
