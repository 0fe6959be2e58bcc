package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyTest {

  @Test
  void percentiles_are_in_milliseconds_to_a_thousandth_part() {
    var latency = new Latency();
    for (int i = 1; i <= 100; i++) {
      latency.add(TimeUnit.MILLISECONDS.toNanos(i));
    }

    assertThat(latency.millis(50)).isCloseTo(50, within(0.1));
    assertThat(latency.millis(99)).isCloseTo(99, within(0.1));
    assertThat(latency.maxMillis()).isCloseTo(100, within(0.1));
  }

  @Test
  void below_zero_counts_as_zero_and_is_told() {
    var latency = new Latency();
    latency.add(-5_000_000);

    assertThat(latency.millis(50)).isZero();
    assertThat(latency.negative()).isEqualTo(1);
  }

  @Test
  void nothing_measured_is_no_number() {
    assertThat(new Latency().millis(50)).isNaN();
  }
}
