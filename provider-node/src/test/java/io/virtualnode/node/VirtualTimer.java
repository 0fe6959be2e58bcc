package io.virtualnode.node;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Time that passes when a test says so, and an executor that runs on the same clock. One thread
 * lets time pass, any may schedule.
 */
final class VirtualTimer implements Timer {

  private record Task(long at, long order, Runnable work) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
  private volatile long now = 1_000;
  private long order;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(now);
  }

  @Override
  public synchronized Scheduled schedule(Duration delay, Runnable work) {
    Task task = new Task(now + delay.toNanos(), order++, work);
    tasks.add(task);
    return () -> remove(task);
  }

  /** How many tasks wait for their time. */
  synchronized int scheduled() {
    return tasks.size();
  }

  Executor executor() {
    return work -> schedule(Duration.ZERO, work);
  }

  /** Runs what is due within {@code time}, in order, and lets that time pass. */
  void pass(Duration time) {
    long end = now + time.toNanos();
    for (Task task = next(end); task != null; task = next(end)) {
      now = Math.max(now, task.at());
      task.work().run();
    }
    now = end;
  }

  private synchronized @Nullable Task next(long end) {
    Task task = tasks.peek();
    return task != null && task.at() <= end ? tasks.poll() : null;
  }

  private synchronized void remove(Task task) {
    tasks.remove(task);
  }

  /** Runs what is due now. */
  void settle() {
    pass(Duration.ZERO);
  }
}
