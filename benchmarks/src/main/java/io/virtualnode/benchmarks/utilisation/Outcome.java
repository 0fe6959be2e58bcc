package io.virtualnode.benchmarks.utilisation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The figures of one system in one run.
 *
 * @param windowMillis the time in which jobs arrived; utilisation is measured in it
 */
record Outcome(String system, int siteCores, long windowMillis, List<JobRun> runs) {

  private static final double SECOND = 1000;
  private static final double FULL = 0.9;

  /** A moment: jobs that run and cores that they have, and cores that jobs wait for. */
  record Moment(long seconds, long narrowRunning, long wideRunning, long busy, long waiting) {}

  /** Waits of one kind of job, in seconds. */
  record Waited(int jobs, double mean, double p95) {

    static Waited of(long... millis) {
      var sorted = millis.clone();
      java.util.Arrays.sort(sorted);
      if (sorted.length == 0) {
        return new Waited(0, Double.NaN, Double.NaN);
      }
      int rank = (int) Math.ceil(0.95 * sorted.length);
      return new Waited(
          sorted.length,
          java.util.Arrays.stream(sorted).average().orElseThrow() / SECOND,
          sorted[rank - 1] / SECOND);
    }
  }

  double busyCoreSeconds() {
    return runs.stream().mapToLong(run -> run.busy(0, windowMillis)).sum() / SECOND;
  }

  /** Busy core-seconds of those that there were. */
  double utilisation() {
    return busyCoreSeconds() / (siteCores * windowMillis / SECOND);
  }

  /** From the first submission to the last end, in seconds. */
  double makespan() {
    return runs.stream().mapToLong(JobRun::finished).max().orElseThrow() / SECOND;
  }

  Waited wide() {
    return waited(run -> run.job().isWide());
  }

  Waited narrow() {
    return waited(run -> !run.job().isWide());
  }

  private Waited waited(Predicate<JobRun> which) {
    return Waited.of(runs.stream().filter(which).mapToLong(JobRun::waitMillis).toArray());
  }

  /** The largest difference between how long a job ran and how long it was to run, in seconds. */
  double largestOverrun() {
    return runs.stream()
            .mapToLong(run -> run.finished() - run.started() - run.job().runMillis())
            .max()
            .orElseThrow()
        / SECOND;
  }

  /**
   * The least cores that jobs waited for in the window, once the site was full for the first time.
   */
  long leastWaiting() {
    var moments = moments(1);
    long filled =
        moments.stream()
            .filter(moment -> moment.busy >= FULL * siteCores)
            .mapToLong(Moment::seconds)
            .findFirst()
            .orElse(0);
    return moments.stream()
        .filter(moment -> moment.seconds >= filled && moment.seconds * SECOND < windowMillis)
        .mapToLong(Moment::waiting)
        .min()
        .orElse(0);
  }

  /** What it was like at every so many seconds, to the end. */
  List<Moment> moments(int everySeconds) {
    var moments = new ArrayList<Moment>();
    for (long second = 0; second <= makespan(); second += everySeconds) {
      long at = Math.round(second * SECOND);
      var running = runs.stream().filter(run -> run.runsAt(at)).toList();
      moments.add(
          new Moment(
              second,
              running.stream().filter(run -> !run.job().isWide()).count(),
              running.stream().filter(run -> run.job().isWide()).count(),
              running.stream().mapToLong(run -> run.job().cores()).sum(),
              runs.stream()
                  .filter(run -> run.waitsAt(at))
                  .mapToLong(run -> run.job().cores())
                  .sum()));
    }
    return moments;
  }
}
