package io.virtualnode.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * What is submitted, and to what.
 *
 * @param shares how many of ten jobs have 1, 2, 4 and 8 cores
 * @param localPercent how much of all cores others' pods take
 */
record Mix(Shares shares, Durations durations, int members, int localPercent) {

  static final int NODES = 16;
  static final int CORES = 16; // of each node
  static final int WIDEST = 8;
  private static final int PERCENT = 100;
  private static final int LOAD_PERCENT = 105; // submitted, of what others leave
  private static final long SECOND = 1000;

  /** How many of ten jobs have 1, 2, 4 and 8 cores. */
  enum Shares {
    NARROW(7, 1, 1, 1),
    MIXED(4, 2, 2, 2),
    WIDE(3, 1, 1, 5);

    private final int one;
    private final int two;
    private final int four;
    private final int eight;

    Shares(int one, int two, int four, int eight) {
      this.one = one;
      this.two = two;
      this.four = four;
      this.eight = eight;
    }

    int cores(int dice) {
      if (dice < one) {
        return 1;
      }
      if (dice < one + two) {
        return 2;
      }
      return dice < one + two + four ? 4 : WIDEST;
    }

    double mean() {
      return (one + 2 * two + 4 * four + WIDEST * eight) / 10.0;
    }
  }

  /** How long jobs run. */
  enum Durations {
    SHORT(20),
    LONG(120),
    /** Pareto with exponent 1.5: most are short, a few take most of the time. */
    HEAVY_TAILED(60);

    private final int meanSeconds;

    Durations(int meanSeconds) {
      this.meanSeconds = meanSeconds;
    }

    long millis(RandomGenerator random) {
      double mean = meanSeconds * SECOND;
      if (this == HEAVY_TAILED) {
        double pareto = mean / 3 / Math.pow(1 - random.nextDouble(), 1 / 1.5);
        return (long) Math.min(pareto, mean * 20);
      }
      return (long) (mean * (0.5 + random.nextDouble()));
    }
  }

  /** A job, or others' pod. */
  record Job(long at, int cores, long durationMillis) {}

  /** All mixes. */
  static List<Mix> all() {
    var result = new ArrayList<Mix>();
    for (var durations : Durations.values()) {
      for (var shares : Shares.values()) {
        for (int members : new int[] {1, 4}) {
          for (int local : new int[] {0, 15}) {
            result.add(new Mix(shares, durations, members, local));
          }
        }
      }
    }
    return result;
  }

  List<Job> jobs(long seed, long untilMillis) {
    int free = PERCENT - localPercent;
    return arrivals(new SplittableRandom(seed), untilMillis, LOAD_PERCENT * free / PERCENT, true);
  }

  List<Job> localPods(long seed, long untilMillis) {
    return localPercent == 0
        ? List.of()
        : arrivals(new SplittableRandom(~seed), untilMillis, localPercent, false);
  }

  private List<Job> arrivals(RandomGenerator random, long until, int percent, boolean jobs) {
    var result = new ArrayList<Job>();
    double meanCores = jobs ? shares.mean() : 2;
    double meanMillis = durations.meanSeconds * SECOND;
    double every = meanCores * meanMillis * PERCENT / ((double) NODES * CORES * percent);
    // A backlog from the start: what an idle site would do says nothing.
    double at = jobs ? -meanMillis : 0;
    while (at < until) {
      int cores = jobs ? shares.cores(random.nextInt(10)) : 1 + random.nextInt(3);
      result.add(new Job(Math.max(0, (long) at), cores, durations.millis(random)));
      at += -Math.log(1 - random.nextDouble()) * every;
    }
    return result;
  }

  String label() {
    return "%s %s, %d member%s%s"
        .formatted(
            shares.name().toLowerCase(Locale.ROOT),
            durations.name().toLowerCase(Locale.ROOT).replace('_', '-'),
            members,
            members == 1 ? "" : "s",
            localPercent == 0 ? "" : ", local load");
  }
}
