package io.virtualnode.kubernetes;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A length of time, measured again and again.
 *
 * @param times when, in nanoseconds
 * @param nanos how long it was each time
 */
record Samples(List<Long> times, List<Long> nanos) {

  /** What so many hundredths of the samples do not exceed, by the nearest rank. */
  Duration percentile(int percent) {
    var sorted = nanos.stream().sorted().toList();
    int rank = (int) Math.ceil(sorted.size() * percent / 100.0);
    return Duration.ofNanos(sorted.get(Math.max(0, rank - 1)));
  }

  Duration greatest() {
    return percentile(100);
  }

  /** How often it was exactly that. */
  long count(Duration length) {
    return nanos.stream().filter(n -> n == length.toNanos()).count();
  }

  /** When the greatest was measured. */
  long timeOfGreatest() {
    int greatest =
        IntStream.range(0, nanos.size())
            .reduce((a, b) -> nanos.get(b) > nanos.get(a) ? b : a)
            .orElseThrow();
    return requireNonNull(times.get(greatest));
  }

  @Override
  public String toString() {
    return "p50 %d ms, p99 %d ms, max %d ms"
        .formatted(percentile(50).toMillis(), percentile(99).toMillis(), greatest().toMillis());
  }
}
