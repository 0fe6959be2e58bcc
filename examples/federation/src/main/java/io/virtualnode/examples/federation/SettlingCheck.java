package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * A statement that may be untrue for a moment, but not longer than a limit.
 *
 * <p>It is made of subjects (for instance pods), each of which has a time of its own: with many
 * that change at once there would always be one that differs, and only its own time tells whether
 * it is late. Times are readings of one monotonic clock in nanoseconds. Not thread-safe.
 *
 * <p>What is observed may be late itself. So somebody should look afresh at what is {@link
 * #overdue} and say what he found: {@link #settled} excuses it, {@link #broken} does not. But
 * nothing depends on whether he does so in time: what becomes true again later than the limit and
 * {@code lag}, without having been excused, has broken the statement.
 */
final class SettlingCheck {

  private static final long NOT_YET = Long.MIN_VALUE;

  /** From when to when it was untrue of a subject, and what has come while somebody looked. */
  private static final class Difference {
    private final long since;
    private boolean lookedAt;
    private long ended = NOT_YET;
    private long again = NOT_YET;

    private Difference(long since) {
      this.since = since;
    }
  }

  private final Duration limit;
  private final Duration lag;
  private final BiFunction<String, Duration, String> late;
  private final Map<String, Difference> differences = new HashMap<>();
  private final List<String> breaches = new ArrayList<>();
  private long made;
  private long longestNanos;

  /**
   * A check that nothing is known of yet.
   *
   * @param limit how long the statement may be untrue of a subject
   * @param lag by how much an observation may be late
   * @param late puts into words that it was untrue of a subject for so long
   */
  SettlingCheck(Duration limit, Duration lag, BiFunction<String, Duration, String> late) {
    this.limit = limit;
    this.lag = lag;
    this.late = late;
  }

  /** Notes whether the statement is true of the subject now. */
  void observe(String subject, boolean isTrue, long now) {
    made++;
    var known = differences.get(subject);
    if (isTrue && known != null) {
      trueAgain(subject, known, now);
    } else if (!isTrue && known == null) {
      differences.put(subject, new Difference(now));
    } else if (!isTrue && known != null && known.ended != NOT_YET && known.again == NOT_YET) {
      known.again = now;
    }
  }

  private void trueAgain(String subject, Difference difference, long now) {
    if (difference.lookedAt) { // whoever looks decides
      difference.ended = difference.ended == NOT_YET ? now : difference.ended;
      difference.again = NOT_YET;
      return;
    }
    settled(subject, now);
    long lasted = now - difference.since;
    if (lasted > limit.plus(lag).toNanos()) {
      breaches.add(late.apply(subject, Duration.ofNanos(lasted)));
    }
  }

  /** The subjects of which it has been untrue for longer than the limit, and nobody looks yet. */
  List<String> overdue(long now) {
    return differences.entrySet().stream()
        .filter(entry -> !entry.getValue().lookedAt)
        .filter(entry -> now - entry.getValue().since > limit.toNanos())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** Somebody looks afresh, and will say what he found. */
  void lookedAt(String subject) {
    var difference = differences.get(subject);
    if (difference != null) {
      difference.lookedAt = true;
    }
  }

  /** Ends the matter of a subject without fault: it is, or has been found to be, true. */
  void settled(String subject, long now) {
    var difference = differences.remove(subject);
    if (difference == null) {
      return;
    }
    long ended = difference.ended == NOT_YET ? now : difference.ended;
    longestNanos = Math.max(longestNanos, ended - difference.since);
    if (difference.again != NOT_YET) {
      differences.put(subject, new Difference(difference.again));
    }
  }

  /** Ends the matter of a subject with fault. */
  void broken(String subject, String reason, long now) {
    settled(subject, now);
    breaches.add(reason);
  }

  /** How often it was compared. */
  long made() {
    return made;
  }

  /** Whether it is true of every subject at this moment. */
  boolean isTrueNow() {
    return differences.isEmpty();
  }

  /** The longest time that it took to become true again. */
  Duration longest() {
    return Duration.ofNanos(longestNanos);
  }

  /** What was wrong; empty if it has held throughout. */
  List<String> breaches() {
    return List.copyOf(breaches);
  }
}
