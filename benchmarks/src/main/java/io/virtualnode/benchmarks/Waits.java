package io.virtualnode.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting, always for a bounded time. */
final class Waits {

  private static final long INTERVAL_MILLIS = 100;

  private Waits() {}

  /** Asks until it holds; fails with the diagnosis if it does not in time. */
  static void until(
      String what, long seconds, BooleanSupplier condition, Supplier<String> diagnosis) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "%s: not within %d s%n%s".formatted(what, seconds, diagnosis.get()));
      }
      pause(INTERVAL_MILLIS);
    }
  }

  /** Does nothing for a time. */
  static void pause(long millis) {
    await(new CountDownLatch(1), millis);
  }

  /** Waits for a latch; answers whether it has opened. */
  static boolean await(CountDownLatch latch, long millis) {
    try {
      return latch.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
