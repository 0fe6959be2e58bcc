package io.virtualnode.kubernetes;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks when a test says that their time has come, on the test's thread. Tasks may be given by
 * any thread.
 */
final class VirtualExecutor extends AbstractExecutorService implements ScheduledExecutorService {

  private final PriorityQueue<Task<?>> tasks =
      new PriorityQueue<>(
          Comparator.<Task<?>>comparingLong(t -> t.at).thenComparingLong(t -> t.number));
  private long now; // guarded by this
  private long number; // guarded by this
  private boolean ended;

  private final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {

    private final long at;
    private final long number;

    Task(Callable<V> callable, long at, long number) {
      super(callable);
      this.at = at;
      this.number = number;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(at - nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  synchronized long nanoTime() {
    return now;
  }

  /** How many tasks wait for their time. */
  synchronized int pending() {
    return tasks.size();
  }

  /** Runs what is due until then, each at its time. */
  void advance(Duration duration) {
    long end = nanoTime() + duration.toNanos();
    for (var task = next(end); task != null; task = next(end)) {
      task.run();
    }
    synchronized (this) {
      now = end;
    }
  }

  /** Runs what is due now. */
  void settle() {
    advance(Duration.ZERO);
  }

  private synchronized @Nullable Task<?> next(long end) {
    var task = tasks.peek();
    if (task == null || task.at > end) {
      return null;
    }
    now = Math.max(now, task.at);
    return tasks.remove();
  }

  @Override
  public synchronized <V> ScheduledFuture<V> schedule(
      Callable<V> callable, long delay, TimeUnit unit) {
    var task = new Task<>(callable, now + unit.toNanos(delay), number++);
    tasks.add(task);
    return task;
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return schedule(
        () -> {
          command.run();
          return true;
        },
        delay,
        unit);
  }

  @Override
  public void execute(Runnable command) {
    var unused = schedule(command, 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    return schedule(
        () -> {
          command.run();
          var unused = scheduleAtFixedRate(command, period, period, unit);
        },
        initialDelay,
        unit);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    return scheduleAtFixedRate(command, initialDelay, delay, unit);
  }

  @Override
  public void shutdown() {
    ended = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    ended = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return ended;
  }

  @Override
  public boolean isTerminated() {
    return ended;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return ended;
  }
}
