package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A statement that may be untrue for a moment, but not longer than a limit.
 *
 * <p>It is made of subjects (for instance pods), each of which has a time of its own: with many
 * that change at once there would always be one that differs, and only its own time tells whether
 * it is late. Times are readings of one monotonic clock in nanoseconds. Not thread-safe.
 */
final class SettlingCheck {

  private final Duration limit;
  private final Map<String, Long> untrueSince = new HashMap<>();
  private final List<String> breaches = new ArrayList<>();
  private long made;
  private long longestNanos;

  SettlingCheck(Duration limit) {
    this.limit = limit;
  }

  /** Notes whether the statement is true of the subject now. */
  void observe(String subject, boolean isTrue, long now) {
    made++;
    if (isTrue) {
      settled(subject, now);
    } else {
      untrueSince.putIfAbsent(subject, now);
    }
  }

  /** The subjects of which it has been untrue for longer than the limit. */
  List<String> overdue(long now) {
    return untrueSince.entrySet().stream()
        .filter(entry -> now - entry.getValue() > limit.toNanos())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** Ends the matter of a subject without fault: it is, or has been found to be, true. */
  void settled(String subject, long now) {
    Long since = untrueSince.remove(subject);
    if (since != null) {
      longestNanos = Math.max(longestNanos, now - since);
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
    return untrueSince.isEmpty();
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
