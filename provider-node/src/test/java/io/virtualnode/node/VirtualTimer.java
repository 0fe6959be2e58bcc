package io.virtualnode.node;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;

/** Time that passes when a test says so, and an executor that runs on the same clock. */
final class VirtualTimer implements Timer {

  private record Task(long at, long order, Runnable work) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
  private long now = 1_000;
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
  public Scheduled schedule(Duration delay, Runnable work) {
    Task task = new Task(now + delay.toNanos(), order++, work);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  Executor executor() {
    return work -> schedule(Duration.ZERO, work);
  }

  /** Runs what is due within {@code time}, in order, and lets that time pass. */
  void pass(Duration time) {
    long end = now + time.toNanos();
    for (Task task = tasks.peek(); task != null && task.at() <= end; task = tasks.peek()) {
      tasks.remove(task);
      now = Math.max(now, task.at());
      task.work().run();
    }
    now = end;
  }

  /** Runs what is due now. */
  void settle() {
    pass(Duration.ZERO);
  }
}
