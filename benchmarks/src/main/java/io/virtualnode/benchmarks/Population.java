package io.virtualnode.benchmarks;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * Knows when a number of pods have ended, how, whether they were seen to run before, and when they
 * have gone. Thread-safe.
 */
final class Population implements PodObserver.Sink {

  private final int expected;
  private final Set<String> running = new HashSet<>(); // guarded by this
  private final Set<String> succeeded = new HashSet<>(); // guarded by this
  private final Set<String> over = new HashSet<>(); // guarded by this
  private final CountDownLatch allOver;
  private final CountDownLatch allGone;
  private long lastOver; // guarded by this

  Population(int expected) {
    this.expected = expected;
    allOver = new CountDownLatch(expected);
    allGone = new CountDownLatch(expected);
  }

  @Override
  public synchronized void seen(PodSighting sighting, long nanos) {
    if (sighting.isRunning()) {
      running.add(sighting.work());
    }
    if (sighting.isOver() && over.add(sighting.work())) {
      if (sighting.hasSucceeded()) {
        succeeded.add(sighting.work());
      }
      lastOver = Math.max(lastOver, nanos);
      allOver.countDown();
    }
    if (sighting.type().equals("DELETED")) {
      allGone.countDown();
    }
  }

  /** Returns when the last one was seen to end. */
  long awaitOver(long seconds) {
    if (!Waits.await(allOver, seconds * 1000)) {
      throw new IllegalStateException(
          "%d pods have not ended within %d s".formatted(allOver.getCount(), seconds));
    }
    synchronized (this) {
      return lastOver;
    }
  }

  void awaitGone(long seconds) {
    if (!Waits.await(allGone, seconds * 1000)) {
      throw new IllegalStateException(
          "%d pods have not gone within %d s".formatted(allGone.getCount(), seconds));
    }
  }

  /** Fails unless every pod was seen to run and has succeeded: figures of others mean nothing. */
  synchronized void requireSuccess(String run) {
    if (running.size() != expected || succeeded.size() != expected) {
      throw new IllegalStateException(
          "%s: of %d pods %d were seen Running and %d Succeeded"
              .formatted(run, expected, running.size(), succeeded.size()));
    }
  }
}
