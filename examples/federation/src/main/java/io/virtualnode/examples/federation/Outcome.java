package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How a run ended.
 *
 * @param ended of each Job that has ended, by name, how
 * @param waiting the pods of the primary that have not started
 * @param peakRunning the most pods that ran at one time
 * @param coreSeconds requested cores times run time, over all pods
 * @param checks how often the running pods were compared
 * @param longestToSettle the longest time that the two sides differed about one pod
 * @param breaches each violation of a check, in words
 */
record Outcome(
    int jobs,
    Map<String, Picture.JobEnd> ended,
    List<PodFact> waiting,
    Duration wall,
    int peakRunning,
    double coreSeconds,
    long checks,
    Duration longestToSettle,
    List<String> breaches) {

  private static final int AT_MOST = 5;

  Outcome {
    ended = Map.copyOf(ended);
    waiting = List.copyOf(waiting);
    breaches = List.copyOf(breaches);
  }

  long succeeded() {
    return ended.values().stream().filter(Picture.JobEnd::succeeded).count();
  }

  /** Everything that is not as it must be; empty on success. */
  List<String> faults() {
    var faults = new ArrayList<String>();
    faults.addAll(
        some(
            ended.entrySet().stream()
                .filter(entry -> !entry.getValue().succeeded())
                .map(
                    entry ->
                        "Job %s failed: %s".formatted(entry.getKey(), entry.getValue().message()))
                .sorted()
                .toList()));
    if (ended.size() < jobs) {
      faults.add("%d of %d Jobs have not ended".formatted(jobs - ended.size(), jobs));
      faults.addAll(
          some(
              waiting.stream()
                  .map(pod -> "pod %s is Pending: %s".formatted(pod.name(), pod.waitsFor()))
                  .sorted()
                  .toList()));
    }
    faults.addAll(some(breaches));
    if (checks == 0) {
      faults.add("nothing was ever compared");
    }
    return faults;
  }

  /** The summary, line by line. */
  List<String> summary() {
    return List.of(
        "jobs succeeded      %d of %d".formatted(succeeded(), jobs),
        String.format(Locale.ROOT, "wall time           %.1f s", wall.toMillis() / 1e3),
        "peak running        %d pods".formatted(peakRunning),
        String.format(Locale.ROOT, "work done           %.0f core-seconds", coreSeconds),
        "check               made %d times, %s; longest time to settle %d ms"
            .formatted(
                checks,
                breaches.isEmpty() ? "held throughout" : "broken " + breaches.size() + " times",
                longestToSettle.toMillis()));
  }

  private static List<String> some(List<String> all) {
    if (all.size() <= AT_MOST) {
      return all;
    }
    var result = new ArrayList<>(all.subList(0, AT_MOST));
    result.add("... and %d more like the last".formatted(all.size() - AT_MOST));
    return result;
  }
}
