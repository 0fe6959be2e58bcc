package io.virtualnode.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Submits many pods as fast as the API servers take them and waits until all have ended; then
 * deletes them and waits until all have gone.
 *
 * <p>Either to the primary, whence the virtual node forwards them, or to the members themselves,
 * evenly: the same pods, the same schedulers and simulated kubelets, with nothing between. Either
 * fails unless every pod was seen to run and succeeded.
 */
final class FullSpeed {

  private static final int RUN_MILLIS = 500;
  private static final long LIMIT_SECONDS = 240;

  private final Testbed testbed;
  private final int pods;

  FullSpeed(Testbed testbed, int pods) {
    this.testbed = testbed;
    this.pods = pods;
  }

  /**
   * What a run has shown.
   *
   * @param seconds from the first submission to the last end seen
   * @param toOver processor time until then
   * @param toGone processor time until all were deleted, too, and no delegate was left
   * @param primary the virtual node's requests to the primary until then
   * @param members the same, to all members
   */
  record Result(
      int pods,
      double seconds,
      CpuUsage toOver,
      CpuUsage toGone,
      ApiCounts primary,
      ApiCounts members) {

    double podsPerSecond() {
      return pods / seconds;
    }

    double perPod(long count) {
      return (double) count / pods;
    }
  }

  /** The virtual node's CPU time and requests count until its last delegate has gone, too. */
  Result forwarded(String prefix) {
    testbed.vnode().requireAlive();
    return run(prefix, List.of(testbed.primaryApi()), testbed::awaitNoDelegates);
  }

  /** The same pods with no virtual node: it must not run now. */
  Result direct(String prefix) {
    return run(prefix, testbed.memberApis(), () -> {});
  }

  private Result run(String prefix, List<ApiAccess> targets, Runnable rest) {
    var population = new Population(pods);
    var observers = new ArrayList<PodObserver>();
    try {
      for (var target : targets) {
        observers.add(PodObserver.start(prefix, target, Testbed.NAMESPACE, population));
      }
      return run(prefix, targets, population, rest);
    } finally {
      observers.forEach(PodObserver::close);
    }
  }

  private Result run(String prefix, List<ApiAccess> targets, Population population, Runnable rest) {
    var primary = testbed.primaryCounts();
    var members = testbed.memberCounts();
    var before = testbed.cpu();
    long start = System.nanoTime();
    forEachPod(
        prefix,
        targets,
        (api, name) -> api.createPod(Testbed.NAMESPACE, PodText.of(name, RUN_MILLIS)));
    long end = population.awaitOver(LIMIT_SECONDS);
    var over = testbed.cpu();
    population.requireSuccess(prefix);
    forEachPod(prefix, targets, (api, name) -> api.deletePod(Testbed.NAMESPACE, name));
    population.awaitGone(LIMIT_SECONDS);
    rest.run();
    var gone = testbed.cpu();
    return new Result(
        pods,
        (end - start) / 1e9,
        over.minus(before),
        gone.minus(before),
        testbed.primaryCounts().minus(primary),
        testbed.memberCounts().minus(members));
  }

  private interface Action {
    CompletableFuture<Void> begin(ApiAccess api, String name);
  }

  private void forEachPod(String prefix, List<ApiAccess> targets, Action action) {
    var requests = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < pods; i++) {
      requests.add(action.begin(targets.get(i % targets.size()), prefix + "-" + i));
    }
    CompletableFuture.allOf(requests.toArray(CompletableFuture<?>[]::new)).join();
  }
}
