package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the demonstration sets up and submits; the same sizes give the same plan.
 *
 * @param members the clusters that run the work, no two of the same size
 * @param jobs what is submitted, in this order
 */
record Plan(List<Member> members, List<HarvesterJob> jobs) {

  private static final int WIDE = 8;
  private static final long FIRST_WORKER = 1001;

  /** A cluster of equal nodes. */
  record Member(String name, int nodes, int coresPerNode) {

    int cores() {
      return nodes * coresPerNode;
    }
  }

  Plan {
    members = List.copyOf(members);
    jobs = List.copyOf(jobs);
  }

  /**
   * A plan of these sizes: every fourth Job has 8 cores, if there is a node with as many.
   *
   * @param nodes of each member
   * @param cores of each node of the first member; every further member's nodes have half as many
   *     again, one at least
   */
  static Plan of(int members, int nodes, int cores, int jobs) {
    var sites =
        IntStream.range(0, members)
            .mapToObj(
                i ->
                    new Member(
                        "site-" + (char) ('a' + i), nodes, cores + i * Math.max(1, cores / 2)))
            .toList();
    boolean wide = sites.stream().anyMatch(site -> site.coresPerNode() >= WIDE);
    return new Plan(
        sites, IntStream.range(0, jobs).mapToObj(i -> job(i, wide && i % 4 == 3)).toList());
  }

  private static HarvesterJob job(int index, boolean wide) {
    long seconds = 4 + (wide ? index * 5L % 8 : index * 7L % 9);
    return new HarvesterJob(FIRST_WORKER + index, wide ? WIDE : 1, Duration.ofSeconds(seconds));
  }

  int cores() {
    return members.stream().mapToInt(Member::cores).sum();
  }

  long wideJobs() {
    return jobs.stream().filter(job -> job.cores() > 1).count();
  }

  /** The cores that all jobs would take at once. */
  int wantedCores() {
    return jobs.stream().mapToInt(HarvesterJob::cores).sum();
  }
}
