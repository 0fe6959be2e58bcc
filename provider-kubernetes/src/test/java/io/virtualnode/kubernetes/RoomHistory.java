package io.virtualnode.kubernetes;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What a virtual node said over a time, beside what it would have had to say.
 *
 * <p>The primary's view is P = said − bound, the members' real room R = truth − bound (see {@link
 * TrueRoom}), where <em>bound</em> is what the primary's scheduler subtracts by itself, without
 * asking anybody. It is the same in both, so at any moment P − R = said − truth, and it is these
 * that are compared:
 *
 * <ul>
 *   <li>the <b>lag</b> at t is the smallest δ ≥ 0 with said(t) = truth(t − δ), of all resources at
 *       once: the primary sees exactly the room that was real δ ago;
 *   <li>the <b>age of the offer</b> at t is the smallest δ ≥ 0 with said(t) ≤ max truth(s), s in [t
 *       − δ, t], of each resource: nothing is offered that was not real δ ago or later. It is 0
 *       while no more is offered than there is.
 * </ul>
 *
 * <p>Comparing P(t) with R(t − δ) instead would take what was bound at t − δ for what is bound at
 * t: of two changes, one of them the scheduler's own, a room that has never been would be asked
 * for.
 *
 * <p>Times are readings of {@code System.nanoTime()}. Not thread-safe.
 */
final class RoomHistory {

  /** How far back something is sought; whatever is not found counts as this. */
  static final Duration NEVER = Duration.ofSeconds(10);

  private static final Duration AROUND = Duration.ofSeconds(1);

  private record Moment(long at, Space said, Space truth, Space bound) {}

  private final List<Moment> moments = new ArrayList<>();

  /** Notes what is so from now on. */
  void add(long at, Space said, Space truth, Space bound) {
    var moment = new Moment(at, said, truth, bound);
    if (moments.isEmpty() || !last().equals(new Moment(last().at, said, truth, bound))) {
      moments.add(moment);
    }
  }

  private Moment last() {
    return moments.get(moments.size() - 1);
  }

  /** The same, to which nothing will be added. */
  RoomHistory copy() {
    var copy = new RoomHistory();
    copy.moments.addAll(moments);
    return copy;
  }

  /** How often anything changed. */
  int changes() {
    return moments.size();
  }

  /** The lag at a time, in nanoseconds. */
  long lagAt(long time) {
    int now = indexAt(time);
    var said = moments.get(now).said;
    return ageAt(time, now, then -> moments.get(then).truth.equals(said) ? 0 : 1);
  }

  /** The age of the offer at a time, in nanoseconds. */
  long offerAgeAt(long time) {
    int now = indexAt(time);
    var said = moments.get(now).said;
    return IntStream.range(0, Space.NAMES.size())
        .mapToLong(r -> ageAt(time, now, then -> said.get(r) - moments.get(then).truth.get(r)))
        .max()
        .orElseThrow();
  }

  /** How long ago it was that there was no excess, going back from that time. */
  private long ageAt(long time, int now, IntToLongFunction excess) {
    for (int then = now; then >= 0; then--) {
      long age = then == now ? 0 : time - moments.get(then + 1).at;
      if (age >= NEVER.toNanos()) {
        break;
      }
      if (excess.applyAsLong(then) <= 0) {
        return age;
      }
    }
    return NEVER.toNanos();
  }

  /** How much more is offered at a time than there was at any time of the window before it. */
  Space excessAt(long time, Duration window) {
    int now = indexAt(time);
    var most = moments.get(now).truth;
    for (int then = now - 1; then >= 0; then--) {
      if (time - moments.get(then + 1).at > window.toNanos()) {
        break;
      }
      most = most.max(moments.get(then).truth);
    }
    return moments.get(now).said.minus(most).max(Space.NONE);
  }

  private int indexAt(long time) {
    int from = 0;
    int to = moments.size() - 1;
    while (from < to) {
      int middle = (from + to + 1) / 2;
      if (moments.get(middle).at - time <= 0) {
        from = middle;
      } else {
        to = middle - 1;
      }
    }
    return from;
  }

  /** Something that was measured at many times. */
  record Samples(List<Long> times, List<Long> nanos) {

    static Samples of(long from, long to, Duration every, LongUnaryOperator measure) {
      var times = LongStream.iterate(from, t -> t - to < 0, t -> t + every.toNanos()).boxed();
      var list = times.toList();
      return new Samples(list, list.stream().map(measure::applyAsLong).toList());
    }

    /** What so many hundredths of the samples do not exceed. */
    Duration percentile(int percent) {
      var sorted = nanos.stream().sorted().toList();
      int rank = (int) Math.ceil(sorted.size() * percent / 100.0);
      return Duration.ofNanos(sorted.get(Math.max(0, rank - 1)));
    }

    /** When the greatest was measured. */
    long worstTime() {
      int worst =
          IntStream.range(0, nanos.size())
              .reduce((a, b) -> nanos.get(b) > nanos.get(a) ? b : a)
              .orElseThrow();
      return requireNonNull(times.get(worst));
    }

    @Override
    public String toString() {
      return "p50 %d ms, p99 %d ms, max %d ms"
          .formatted(
              percentile(50).toMillis(), percentile(99).toMillis(), percentile(100).toMillis());
    }
  }

  /** What was so around a time, for people who look for a fault. */
  String around(long time) {
    return moments.stream()
        .filter(moment -> Math.abs(moment.at - time) < AROUND.toNanos())
        .map(
            moment ->
                "%5d ms: said %s | truth %s | bound %s"
                    .formatted(
                        (moment.at - time) / 1_000_000, moment.said, moment.truth, moment.bound))
        .collect(Collectors.joining("\n", "around it:\n", ""));
  }
}
