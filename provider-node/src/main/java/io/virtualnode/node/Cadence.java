package io.virtualnode.node;

import java.time.Duration;

/**
 * Moments that recur: one in every interval, at a place in it of its own. Many of the same interval
 * with phases spread evenly make an even load, however their first moments were bunched. Pure.
 *
 * @param interval between two moments
 * @param phase where in the interval, from 0 to below 1
 */
record Cadence(Duration interval, double phase) {

  /** A moment that comes sooner than this part of the interval after the last is left out. */
  private static final double TOO_SOON = 0.1;

  /** The time until the next moment: from a tenth of the interval to eleven tenths. */
  Duration untilNext(long nowNanos) {
    long length = interval.toNanos();
    long place = (long) (phase * length);
    long left = length - Math.floorMod(nowNanos - place, length);
    return Duration.ofNanos(left < TOO_SOON * length ? left + length : left);
  }
}
