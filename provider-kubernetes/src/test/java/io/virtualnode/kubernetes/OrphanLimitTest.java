package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OrphanLimitTest {

  private static final long LATER = Duration.ofMinutes(11).toNanos();

  private final OrphanLimit limit = new OrphanLimit();

  @Test
  @DisplayName("a_few_may_always_go_and_beyond_that_a_share_of_all")
  void share() {
    assertThat(limit.allows(5, 5, 20, 0)).isTrue();
    assertThat(limit.allows(6, 6, 20, 0)).isFalse();
    assertThat(limit.allows(20, 100, 20, 0)).isTrue();
    assertThat(limit.allows(21, 100, 20, 0)).isFalse();
    assertThat(limit.allows(100, 100, 100, 0)).isTrue();
    assertThat(limit.allows(6, 100, 0, 0)).isFalse();
  }

  @Test
  @DisplayName("those_that_went_in_the_last_minutes_count_too")
  void window() {
    for (int i = 0; i < 4; i++) {
      limit.removed(0);
    }
    assertThat(limit.allows(1, 10, 20, 1)).isTrue();
    assertThat(limit.allows(2, 10, 20, 1)).isFalse();
    assertThat(limit.allows(16, 96, 20, 1)).isTrue();
    assertThat(limit.allows(17, 96, 20, 1)).isFalse();
    assertThat(limit.allows(5, 10, 20, LATER)).isTrue();
  }
}
