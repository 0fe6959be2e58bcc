package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Starts clusters side by side: all of them, or none. */
final class ParallelStart {

  private ParallelStart() {}

  static List<LocalCluster> of(List<LocalClusterBuilder> builders) {
    List<CompletableFuture<LocalCluster>> starts =
        builders.stream()
            .map(builder -> CompletableFuture.supplyAsync(builder::start, ParallelStart::inThread))
            .toList();
    List<LocalCluster> started = new ArrayList<>();
    CompletionException failure = null;
    for (CompletableFuture<LocalCluster> start : starts) {
      try {
        started.add(start.join());
      } catch (CompletionException e) {
        failure = e;
      }
    }
    if (failure == null) {
      return List.copyOf(started);
    }
    started.forEach(LocalCluster::close);
    throw failure.getCause() instanceof TestkitException known
        ? known
        : new TestkitException(Reason.PROCESS_FAILED, "a cluster did not start", failure);
  }

  private static void inThread(Runnable start) {
    Thread thread = new Thread(start, "start-cluster");
    thread.setDaemon(true);
    thread.start();
  }
}
