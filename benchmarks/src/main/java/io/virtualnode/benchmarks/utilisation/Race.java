package io.virtualnode.benchmarks.utilisation;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.benchmarks.Waits;
import io.virtualnode.testkit.LocalCluster;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Gives all systems the same jobs at the same moments, waits for all to have ended, and asks the
 * API servers then what happened: nothing watches while it runs.
 *
 * <p>The systems run side by side, so whatever else this machine does falls on all of them, and a
 * comparison takes the time of one run. With jobs of a minute the processors have little to do.
 */
final class Race {

  private static final long POLL_SECONDS = 2;
  private static final long CLEAR_SECONDS = 120;

  private final List<Contestant> contestants;
  private final boolean wideFirst;

  Race(List<Contestant> contestants, boolean wideFirst) {
    this.contestants = contestants;
    this.wideFirst = wideFirst;
  }

  /**
   * What became of the jobs, by system in the order of the systems; their pods are gone after it.
   *
   * @param limitSeconds how long it may take at most
   * @throws IllegalStateException if a job was not run to its end exactly once in every system
   */
  List<Outcome> run(String prefix, List<GridJob> jobs, JobMix mix, long limitSeconds) {
    // Times of API servers are whole seconds: so is the beginning.
    var begin = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 2);
    submit(prefix, jobs, begin);
    contestants.forEach(contestant -> awaitEnd(contestant, begin.plusSeconds(limitSeconds)));
    var outcomes = new ArrayList<Outcome>();
    for (var contestant : contestants) {
      outcomes.add(
          new Outcome(
              contestant.name(),
              mix.siteCores(),
              mix.windowMillis(),
              new Sighting(contestant).runs(jobs, begin)));
    }
    contestants.forEach(Race::clear);
    return outcomes;
  }

  private void submit(String prefix, List<GridJob> jobs, Instant begin) {
    var threads = new ArrayList<ScheduledExecutorService>();
    var created = new ArrayList<Future<?>>();
    try {
      for (var contestant : contestants) {
        var thread = Executors.newSingleThreadScheduledExecutor();
        threads.add(thread);
        for (var job : jobs) {
          var pod = JobPod.of(job, prefix, wideFirst);
          long delay = begin.toEpochMilli() + job.submitMillis() - System.currentTimeMillis();
          created.add(
              thread.schedule(
                  () -> contestant.queue().client().resource(pod).create(),
                  delay,
                  TimeUnit.MILLISECONDS));
        }
      }
      for (var creation : created) {
        creation.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a job cannot be submitted: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      threads.forEach(ScheduledExecutorService::shutdownNow);
    }
  }

  private static void awaitEnd(Contestant contestant, Instant deadline) {
    while (Waits.after(POLL_SECONDS, () -> hasUnfinished(contestant.queue().client()))) {
      contestant.requireAlive();
      if (Instant.now().isAfter(deadline)) {
        throw new IllegalStateException(
            "%s has not ended all jobs by %s%n%s"
                .formatted(contestant.name(), deadline, contestant.lastWords()));
      }
    }
  }

  private static boolean hasUnfinished(KubernetesClient client) {
    return !client
        .pods()
        .inNamespace(JobPod.NAMESPACE)
        .withoutField("status.phase", "Succeeded")
        .withoutField("status.phase", "Failed")
        .list()
        .getItems()
        .isEmpty();
  }

  private static void clear(Contestant contestant) {
    var unused =
        contestant
            .queue()
            .client()
            .pods()
            .inNamespace(JobPod.NAMESPACE)
            .withGracePeriod(0)
            .delete();
    Waits.until(
        contestant.name() + " has no pods any more",
        CLEAR_SECONDS,
        () ->
            hasNoPods(contestant.queue()) && contestant.sites().stream().allMatch(Race::hasNoPods),
        contestant::lastWords);
  }

  private static boolean hasNoPods(LocalCluster cluster) {
    return cluster.client().pods().inNamespace(JobPod.NAMESPACE).list().getItems().isEmpty();
  }
}
