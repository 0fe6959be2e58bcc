package io.virtualnode.benchmarks.utilisation;

/**
 * A job of the list that every system is given.
 *
 * @param submitMillis when it is submitted, from the beginning of the run
 * @param runMillis how long it takes once it runs
 */
record GridJob(int number, int cores, long submitMillis, long runMillis) {

  boolean isWide() {
    return cores > 1;
  }

  /** Core-milliseconds. */
  long work() {
    return cores * runMillis;
  }
}
