package io.virtualnode.benchmarks;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting, always for a bounded time. */
public final class Waits {

  private static final long TICK_MILLIS = 100;

  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            var thread = new Thread(task, "clock");
            thread.setDaemon(true);
            return thread;
          });

  private Waits() {}

  /**
   * Asks at every tick until it holds; fails with the diagnosis if it does not in time, and with
   * what the condition throws.
   */
  public static void until(
      String what, long seconds, BooleanSupplier condition, Supplier<String> diagnosis) {
    var holds = new CompletableFuture<Void>();
    var ticks =
        CLOCK.scheduleWithFixedDelay(
            () -> {
              try {
                if (condition.getAsBoolean()) {
                  holds.complete(null);
                }
              } catch (RuntimeException e) {
                holds.completeExceptionally(e);
              }
            },
            0,
            TICK_MILLIS,
            TimeUnit.MILLISECONDS);
    try {
      holds.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "%s: not within %d s%n%s".formatted(what, seconds, diagnosis.get()), e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("%s: %s".formatted(what, e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      ticks.cancel(false);
    }
  }

  /** What it says when the time has come. */
  public static <T> T after(long seconds, Supplier<T> reading) {
    try {
      return CLOCK.schedule(reading::get, seconds, TimeUnit.SECONDS).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("after %d s: %s".formatted(seconds, e.getCause()), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Waits for a latch; answers whether it has opened. */
  static boolean await(CountDownLatch latch, long millis) {
    try {
      return latch.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted", e);
  }
}
