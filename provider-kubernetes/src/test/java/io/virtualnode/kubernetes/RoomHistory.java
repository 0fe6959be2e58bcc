package io.virtualnode.kubernetes;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
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
 *   <li>the <b>lag</b> at t is the smallest δ ≥ 0 such that said(t) is the truth, of all resources
 *       at once, of the state that the clusters had at t − δ: the primary sees exactly the room
 *       that was real then;
 *   <li>the <b>age of the offer</b> at t is the smallest δ ≥ 0 such that, of each resource, said(t)
 *       is no more than the truth of some state in [t − δ, t]: no more is offered than was real, as
 *       of data no older than δ. It is 0 while no more is offered than there is.
 * </ul>
 *
 * <p>A member of which the virtual node says that it has not heard of it recently has no room in
 * the truth that it is held against: it must offer nothing there, and need not offer anything. How
 * often that was so is counted, see {@link #silences}.
 *
 * <p>Two who watch several clusters hear of their changes neither at the same time nor always in
 * the same order. So a state in which one watch is behind the others by at most {@link #SKEW}
 * counts as one that has been, as old as the oldest that is in it; and the witness may hear by that
 * much later of a cause than of its effect.
 *
 * <p>Comparing P(t) with R(t − δ) instead would take what was bound at t − δ for what is bound at
 * t: of two changes, one of them the scheduler's own, a room that has never been would be asked
 * for.
 *
 * <p>Times are readings of {@code System.nanoTime()}. Not thread-safe.
 */
final class RoomHistory {

  /** What has not been true for so long counts as if it had never been. */
  static final Duration NEVER = Duration.ofSeconds(3);

  /** By how much one watch may be behind another. */
  static final Duration SKEW = Duration.ofMillis(250);

  private static final Duration AROUND = Duration.ofSeconds(1);

  /**
   * What a virtual node says at a time.
   *
   * @param silent the members of which it says that it has not heard of them recently
   */
  record Said(Space allocatable, Set<String> silent) {}

  private record Moment(long at, Said said, TrueRoom room, Space truth) {}

  /** More states than that are not put together at a time. */
  private static final int MOST_MIXED = 500;

  private final List<Moment> moments = new ArrayList<>();

  /** Notes what is so from now on. */
  void add(long at, Said said, TrueRoom room) {
    var last = moments.isEmpty() ? null : moments.get(moments.size() - 1);
    if (last == null || !last.said.equals(said) || !last.room.equals(room)) {
      moments.add(new Moment(at, said, room, room.allocatable(Set.of())));
    }
  }

  /** The same, to which nothing will be added. */
  RoomHistory copy() {
    var copy = new RoomHistory();
    copy.moments.addAll(moments);
    return copy;
  }

  /** How often the truth changed. */
  long changes() {
    return IntStream.range(1, moments.size())
        .filter(i -> !moments.get(i).truth.equals(moments.get(i - 1).truth))
        .count();
  }

  /**
   * The lag at regular times.
   *
   * @param late how much later than the virtual node the witness may have heard of something
   */
  Samples lag(long from, long to, Duration every, Duration late) {
    return sample(
        from,
        to,
        every,
        now -> newest(now, late, truth -> truth.equals(saidAt(now).allocatable())));
  }

  /** The age of the offer at regular times. */
  Samples offerAge(long from, long to, Duration every, Duration late) {
    return sample(
        from,
        to,
        every,
        now ->
            IntStream.range(0, Space.NAMES.size())
                .map(
                    r ->
                        newest(
                            now, late, truth -> saidAt(now).allocatable().get(r) <= truth.get(r)))
                .min()
                .orElseThrow());
  }

  /** By how much more was offered than there was at that very moment, at worst, since a time. */
  Space excess(long from) {
    return moments.stream()
        .filter(moment -> moment.at - from >= 0)
        .map(moment -> moment.said.allocatable().minus(moment.truth))
        .reduce(Space.NONE, Space::max);
  }

  /** At how many of the regular times a member had not been heard of. */
  long silences(long from, long to, Duration every) {
    return LongStream.iterate(from, time -> time - to < 0, time -> time + every.toNanos())
        .filter(time -> !saidAt(indexAt(time)).silent().isEmpty())
        .count();
  }

  private Said saidAt(int moment) {
    return moments.get(moment).said;
  }

  /**
   * @param newest finds the newest moment that is as wanted at a moment, -1 if there is none
   */
  private Samples sample(long from, long to, Duration every, IntUnaryOperator newest) {
    var times = new ArrayList<Long>();
    var nanos = new ArrayList<Long>();
    int now = -1;
    int found = -1;
    for (long time = from; time - to < 0; time += every.toNanos()) {
      int next = indexAt(time);
      found = next == now ? found : newest.applyAsInt(next);
      now = next;
      long age = found < 0 ? NEVER.toNanos() : found == now ? 0 : time - moments.get(found + 1).at;
      times.add(time);
      nanos.add(Math.min(age, NEVER.toNanos()));
    }
    return new Samples(times, nanos);
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

  private int newest(int now, Duration late, Predicate<Space> wanted) {
    int last = indexAt(moments.get(now).at + late.toNanos());
    var silent = saidAt(now).silent();
    for (int then = last; then >= 0; then--) {
      if (then < now && moments.get(now).at - moments.get(then + 1).at > NEVER.toNanos()) {
        break;
      }
      if (wanted.test(truthAt(then, silent))
          || (then < last && isWantedMixed(then, last, silent, wanted))) {
        return Math.min(then, now);
      }
    }
    return -1;
  }

  private Space truthAt(int moment, Set<String> silent) {
    var then = moments.get(moment);
    return silent.isEmpty() ? then.truth : then.room.allocatable(silent);
  }

  /** Whether a state is as wanted in which the next change is missing, and not all after it. */
  private boolean isWantedMixed(int then, int last, Set<String> silent, Predicate<Space> wanted) {
    var parts = moments.get(then).room.parts();
    var next = moments.get(then + 1).room.parts();
    var choices = new ArrayList<List<TrueRoom.Part>>();
    for (int place = 0; place < parts.size(); place++) {
      var choice = new ArrayList<>(List.of(parts.get(place)));
      if (parts.get(place).equals(next.get(place))) {
        laterParts(place, then, last, choice);
      }
      choices.add(choice);
    }
    long states = choices.stream().mapToLong(List::size).reduce(1, (a, b) -> a * b);
    return states > 1
        && states <= MOST_MIXED
        && anyMatch(List.of(), choices, room -> wanted.test(room.allocatable(silent)));
  }

  /** Adds what one watch told within the skew after a moment's end. */
  private void laterParts(int place, int then, int last, List<TrueRoom.Part> choice) {
    long until = moments.get(then + 1).at + SKEW.toNanos();
    for (int i = then + 2; i <= last && moments.get(i).at - until <= 0; i++) {
      var part = moments.get(i).room.parts().get(place);
      if (!choice.contains(part)) {
        choice.add(part);
      }
    }
  }

  private static boolean anyMatch(
      List<TrueRoom.Part> chosen, List<List<TrueRoom.Part>> choices, Predicate<TrueRoom> wanted) {
    if (chosen.size() == choices.size()) {
      return wanted.test(new TrueRoom(chosen));
    }
    for (var part : choices.get(chosen.size())) {
      var more = new ArrayList<>(chosen);
      more.add(part);
      if (anyMatch(more, choices, wanted)) {
        return true;
      }
    }
    return false;
  }

  /** What was so around a time, for people who look for a fault. */
  String around(long time) {
    return moments.stream()
        .filter(moment -> Math.abs(moment.at - time) < AROUND.toNanos())
        .map(
            moment ->
                "%5d ms: said %s | truth %s | bound %s"
                    .formatted(
                        (moment.at - time) / 1_000_000,
                        moment.said.silent().isEmpty() ? moment.said.allocatable() : moment.said,
                        moment.truth,
                        moment.room.bound()))
        .collect(Collectors.joining("\n", "around it:\n", ""));
  }
}
