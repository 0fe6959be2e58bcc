package io.virtualnode.kubernetes.member;

import java.time.Duration;

/**
 * How many requests to one member may be under way at a time, by how it bears them: one more for
 * each round that went well, half as many after it refused or did not answer, and none for as long
 * as it asks for.
 *
 * <p>Additive increase, multiplicative decrease, as TCP has it (RFC 5681). Pure; not thread-safe.
 */
final class Pace {

  private static final int FIRST = 32;
  private static final int MOST = 256;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private int limit = FIRST;
  private int well; // answers since the limit last changed
  private int underWay;
  private long begun; // how many requests have been
  private long decreasedAt; // how many had been when the limit was last lowered
  private long notBefore = Long.MIN_VALUE;

  /** Whether one more may be sent. */
  boolean mayBegin(long nowNanos) {
    return underWay < limit && (notBefore == Long.MIN_VALUE || nowNanos - notBefore >= 0);
  }

  /**
   * One is sent.
   *
   * @return its number, to be given back with its end
   */
  long begin() {
    underWay++;
    return begun++;
  }

  /** It was answered. */
  void answered() {
    underWay--;
    if (++well >= limit) {
      well = 0;
      limit = Math.min(limit + 1, MOST);
    }
  }

  /**
   * The member is overloaded: it said so, or did not answer in time.
   *
   * @param number of the request. Of those that were under way together only the first counts
   * @param pause what the member asks for, or zero
   */
  void overloaded(long number, Duration pause, long nowNanos) {
    underWay--;
    if (number >= decreasedAt) {
      limit = Math.max(limit / 2, 1);
      well = 0;
      decreasedAt = begun;
    }
    if (!pause.isZero()) {
      var kept = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      long until = nowNanos + kept.toNanos();
      notBefore = notBefore == Long.MIN_VALUE || until - notBefore > 0 ? until : notBefore;
    }
  }

  /** How long none may be sent; zero if that is not so. */
  Duration pause(long nowNanos) {
    return notBefore == Long.MIN_VALUE || nowNanos - notBefore >= 0
        ? Duration.ZERO
        : Duration.ofNanos(notBefore - nowNanos);
  }

  int limit() {
    return limit;
  }
}
