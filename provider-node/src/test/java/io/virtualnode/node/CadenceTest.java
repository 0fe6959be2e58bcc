package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CadenceTest {

  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void next_moment_is_the_phases_own() {
    Cadence cadence = new Cadence(INTERVAL, 0.3);
    assertThat(cadence.untilNext(0)).isEqualTo(Duration.ofSeconds(3));
    assertThat(cadence.untilNext(3 * SECOND)).isEqualTo(INTERVAL);
    assertThat(cadence.untilNext(40 * SECOND + 4 * SECOND)).isEqualTo(Duration.ofSeconds(9));
    assertThat(cadence.untilNext(-7 * SECOND)).isEqualTo(INTERVAL);
  }

  @Test
  void moment_that_would_come_too_soon_is_left_out() {
    Cadence cadence = new Cadence(INTERVAL, 0.3);
    assertThat(cadence.untilNext(3 * SECOND - 1)).isEqualTo(INTERVAL.plusNanos(1));
    assertThat(cadence.untilNext(2 * SECOND - 1)).isEqualTo(Duration.ofSeconds(1).plusNanos(1));
  }

  @Test
  void moment_always_comes_within_eleven_tenths_of_the_interval_and_not_at_once() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      Cadence cadence = new Cadence(INTERVAL, random.nextDouble());
      assertThat(cadence.untilNext(random.nextLong()))
          .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(11));
    }
  }
}
