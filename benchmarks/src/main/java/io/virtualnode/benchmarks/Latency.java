package io.virtualnode.benchmarks;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** The distribution of one latency. Not thread-safe. */
final class Latency {

  private static final long LONGEST_MICROS = TimeUnit.MINUTES.toMicros(5);

  private final Histogram micros = new Histogram(LONGEST_MICROS, 3);
  private int negative;

  /** Adds one; a negative one, which the observer's error can make, counts as 0. */
  void add(long nanos) {
    if (nanos < 0) {
      negative++;
    }
    micros.recordValue(Math.min(LONGEST_MICROS, TimeUnit.NANOSECONDS.toMicros(Math.max(0, nanos))));
  }

  long count() {
    return micros.getTotalCount();
  }

  /** How many were below 0. */
  int negative() {
    return negative;
  }

  double millis(double percentile) {
    return count() == 0 ? Double.NaN : micros.getValueAtPercentile(percentile) / 1000.0;
  }

  double maxMillis() {
    return count() == 0 ? Double.NaN : micros.getMaxValue() / 1000.0;
  }
}
