package io.virtualnode.benchmarks;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Knows when a number of pods have ended, and when they have gone. Thread-safe. */
final class Population implements PodObserver.Sink {

  private final Set<String> over = new HashSet<>(); // guarded by this
  private final CountDownLatch allOver;
  private final CountDownLatch allGone;
  private long lastOver; // guarded by this

  Population(int expected) {
    allOver = new CountDownLatch(expected);
    allGone = new CountDownLatch(expected);
  }

  @Override
  public synchronized void seen(PodSighting sighting, long nanos) {
    if (sighting.isOver() && over.add(sighting.work())) {
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
}
