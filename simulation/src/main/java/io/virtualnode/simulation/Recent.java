package io.virtualnode.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;

/** A value, and which others it had not long ago. */
final class Recent<T> {

  static final long HORIZON_MILLIS = 30_000;

  private final Deque<Past<T>> past = new ArrayDeque<>();
  private T now;

  private record Past<T>(T value, long until) {}

  Recent(T first) {
    now = first;
  }

  T get() {
    return now;
  }

  void set(T value, long time) {
    past.addLast(new Past<>(now, time));
    now = value;
    while (past.getFirst().until < time - HORIZON_MILLIS) {
      past.removeFirst();
    }
  }

  /** What becomes of all values that it had at that time or later. */
  T since(long time, BinaryOperator<T> combine) {
    var result = now;
    for (var one : past) {
      if (one.until >= time) {
        result = combine.apply(result, one.value);
      }
    }
    return result;
  }

  /** Whether it was so at that time or at any time since. */
  boolean anySince(long time, Predicate<T> condition) {
    return condition.test(now)
        || past.stream().anyMatch(one -> one.until >= time && condition.test(one.value));
  }
}
