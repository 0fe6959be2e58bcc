package io.virtualnode.kubernetes.chaos;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The end of everything that is done. Thread-safe. */
final class Halt {

  private final CountDownLatch latch = new CountDownLatch(1);

  /** Ends it. */
  void now() {
    latch.countDown();
  }

  /** Waits so long, or until the end; whether that has come. */
  boolean within(long millis) throws InterruptedException {
    return latch.await(millis, TimeUnit.MILLISECONDS);
  }
}
