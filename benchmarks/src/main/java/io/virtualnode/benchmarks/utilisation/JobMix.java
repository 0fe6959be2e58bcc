package io.virtualnode.benchmarks.utilisation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The jobs of a run: of 1 core, and wide ones, shuffled, all from one seed.
 *
 * <p>Some are there from the beginning; from then on work arrives at a constant rate, which is
 * meant to be more than the site can do, so that jobs always wait and every idle core is the
 * system's doing. The end of the arrivals is the end of the time in which utilisation is measured.
 *
 * @param siteCores of the site that the jobs are for
 * @param wideCores of a wide job
 * @param wideShare of the jobs, 0 to 1
 * @param shortestMillis of the times that jobs run, which are spread evenly up to the longest
 * @param backlog what is there from the beginning, in cores, as a multiple of the site's
 * @param load core-seconds that arrive each second, as a multiple of the site's cores
 * @param windowMillis how long jobs arrive
 */
record JobMix(
    int siteCores,
    int wideCores,
    double wideShare,
    long shortestMillis,
    long longestMillis,
    double backlog,
    double load,
    long windowMillis) {

  /** Between those that are there from the beginning: every system takes them in this order. */
  private static final long STAGGER_MILLIS = 50;

  /** In each so many jobs the share of wide ones is exact. */
  private static final int BLOCK = 100;

  /** The share of all jobs that are wide if wide ones have this share of all core-seconds. */
  static double shareOfJobs(double shareOfWork, int wideCores) {
    double wide = shareOfWork / wideCores;
    return wide / (wide + 1 - shareOfWork);
  }

  /** The list, in the order of submission. */
  List<GridJob> jobs(long seed) {
    var random = new Random(seed);
    var jobs = new ArrayList<GridJob>();
    var widths = new ArrayDeque<Integer>();
    long arrived = 0; // core-milliseconds, since the beginning
    long cores = 0;
    while (true) {
      if (widths.isEmpty()) {
        widths.addAll(block(random));
      }
      boolean waits = cores < backlog * siteCores;
      long at = waits ? jobs.size() * STAGGER_MILLIS : Math.round(arrived / (load * siteCores));
      if (at >= windowMillis) {
        return jobs;
      }
      long run = shortestMillis + random.nextLong(longestMillis - shortestMillis + 1);
      var job = new GridJob(jobs.size(), widths.removeLast(), at, run);
      jobs.add(job);
      cores += job.cores();
      arrived += waits ? Math.round(STAGGER_MILLIS * load * siteCores) : job.work();
    }
  }

  private List<Integer> block(Random random) {
    long wide = Math.round(BLOCK * wideShare);
    var widths = new ArrayList<Integer>();
    for (int i = 0; i < BLOCK; i++) {
      widths.add(i < wide ? wideCores : 1);
    }
    Collections.shuffle(widths, random);
    return widths;
  }
}
