package io.virtualnode.benchmarks.utilisation;

/**
 * What became of a job; times are milliseconds from the beginning of the run, as the API servers
 * have them: in whole seconds, rounded down all alike.
 *
 * @param submitted creation of the pod where it was submitted
 * @param started start of its container where it ran
 * @param finished end of its container there
 * @param node where it ran
 */
record JobRun(GridJob job, long submitted, long started, long finished, String node) {

  long waitMillis() {
    return started - submitted;
  }

  /** Core-milliseconds between two times. */
  long busy(long from, long to) {
    return job.cores() * Math.max(0, Math.min(finished, to) - Math.max(started, from));
  }

  boolean runsAt(long millis) {
    return started <= millis && millis < finished;
  }

  boolean waitsAt(long millis) {
    return submitted <= millis && millis < started;
  }
}
