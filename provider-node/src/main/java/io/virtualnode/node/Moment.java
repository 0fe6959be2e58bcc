package io.virtualnode.node;

import java.time.Duration;
import java.time.Instant;

/**
 * What both clocks of this machine said at the same time.
 *
 * @param nanos the monotonic clock, which a machine that is suspended may stop
 * @param millis the wall clock, which may be set to anything at any time
 */
record Moment(long nanos, long millis) {

  static Moment of(Timer timer) {
    return new Moment(timer.nanoTime(), timer.now().toEpochMilli());
  }

  /** The time from an earlier moment to this one, by the clock that says that more has passed. */
  Duration since(Moment earlier) {
    Duration monotonic = Duration.ofNanos(nanos - earlier.nanos);
    Duration wall = Duration.ofMillis(millis - earlier.millis);
    return monotonic.compareTo(wall) > 0 ? monotonic : wall;
  }

  Instant wall() {
    return Instant.ofEpochMilli(millis);
  }
}
