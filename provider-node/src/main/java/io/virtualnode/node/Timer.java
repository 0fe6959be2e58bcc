package io.virtualnode.node;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Time, as far as this package needs it; tests put a virtual one in its place. */
interface Timer {

  /** A monotonic clock, in nanoseconds since any moment. */
  long nanoTime();

  /** The wall clock, for what is written into objects. */
  Instant now();

  /** Runs {@code task} once after {@code delay}; the task must not block. */
  Scheduled schedule(Duration delay, Runnable task);

  /** A task that waits for its time. */
  interface Scheduled {

    /** Prevents it from starting, if it is not too late. */
    void cancel();
  }

  /** The system's clocks; {@code close} drops what is still scheduled. */
  final class OfSystem implements Timer, AutoCloseable {

    private final ScheduledThreadPoolExecutor executor;

    OfSystem(String threadName) {
      executor =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = Executors.defaultThreadFactory().newThread(task);
                thread.setName(threadName);
                thread.setDaemon(true);
                return thread;
              });
      executor.setRemoveOnCancelPolicy(true);
      executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public Scheduled schedule(Duration delay, Runnable task) {
      Future<?> future = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    }

    @Override
    public void close() {
      executor.shutdownNow();
    }
  }
}
