package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs asynchronous work for keys: one run at a time for a key, any number for different keys.
 *
 * <p>{@link #add} says that a key wants a look. An idle key runs at once; there is no limit on how
 * fast new keys start. A key that is running is marked and runs again when the run has ended, so
 * that nothing that happened during a run is missed and adding a key often costs one more run, not
 * many. A run lasts until its stage completes, and holds no thread meanwhile. Whatever the work
 * throws, and no stage at all, is a failed run.
 *
 * <p>A failed run is repeated after {@link #FLOOR}, doubling up to {@link #CEILING}, with jitter. A
 * key added during that time is looked at early, because its object may have changed, but never
 * sooner than {@code FLOOR} after the failure: a key that always fails cannot spin, however often
 * it is added. The count of failures is only reset by a success.
 *
 * <p>Memory is bounded by the number of keys that are waiting or running.
 */
final class WorkQueue<K> {

  /** The shortest time between a failure and the next run. */
  static final Duration FLOOR = Duration.ofMillis(50);

  /** The longest time between a failure and the next run, before jitter. */
  static final Duration CEILING = Duration.ofSeconds(30);

  private enum Phase {
    QUEUED,
    RUNNING,
    WAITING
  }

  private static final class Entry {
    private Phase phase = Phase.QUEUED;
    private boolean dirty;
    private int failures;
    private long notBefore;
    private long wakesAt;
    private Timer.@Nullable Scheduled wake;
  }

  private static final Logger log = LoggerFactory.getLogger(WorkQueue.class);

  private final String name;
  private final Function<K, CompletionStage<Outcome>> work;
  private final Executor executor;
  private final Timer timer;
  private final RandomGenerator random;
  private final CompletableFuture<Void> idle = new CompletableFuture<>();

  // guarded by this
  private final Map<K, Entry> entries = new HashMap<>();
  private boolean closed;

  /**
   * A queue that takes keys at once.
   *
   * @param name for logs
   * @param work must not block; may complete or fail on any thread
   * @param executor starts the runs
   */
  WorkQueue(
      String name,
      Function<K, CompletionStage<Outcome>> work,
      Executor executor,
      Timer timer,
      RandomGenerator random) {
    this.name = requireNonNull(name, "name is null");
    this.work = requireNonNull(work, "work is null");
    this.executor = requireNonNull(executor, "executor is null");
    this.timer = requireNonNull(timer, "timer is null");
    this.random = requireNonNull(random, "random is null");
  }

  /** Asks for a run of the key that begins after this call. Never blocks. */
  synchronized void add(K key) {
    if (closed) {
      return;
    }
    Entry entry = entries.get(key);
    if (entry == null) {
      entry = new Entry();
      entries.put(key, entry);
      enqueue(key, entry);
      return;
    }
    switch (entry.phase) {
      case QUEUED -> {}
      case RUNNING -> entry.dirty = true;
      case WAITING -> wakeEarly(key, entry);
    }
  }

  /** How many keys are waiting or running. */
  synchronized int size() {
    return entries.size();
  }

  /**
   * Takes no more keys. What was added and not looked at since is looked at once more, at once;
   * what only waits for a repetition is dropped. Completes when the last run has ended.
   */
  synchronized CompletionStage<Void> close() {
    closed = true;
    Map<K, Entry> due = new HashMap<>();
    entries
        .entrySet()
        .removeIf(
            waiting -> {
              Entry entry = waiting.getValue();
              if (entry.phase != Phase.WAITING) {
                return false;
              }
              requireNonNull(entry.wake).cancel();
              if (entry.dirty) {
                due.put(waiting.getKey(), entry);
              }
              return !entry.dirty;
            });
    due.forEach(this::enqueue);
    completeIfIdle();
    return idle.copy();
  }

  private void enqueue(K key, Entry entry) {
    entry.phase = Phase.QUEUED;
    entry.wake = null;
    executor.execute(() -> run(key, entry));
  }

  private void run(K key, Entry entry) {
    synchronized (this) {
      entry.phase = Phase.RUNNING;
      entry.dirty = false;
    }
    CompletionStage<Outcome> stage;
    try {
      stage = requireNonNull(work.apply(key), "work returned null");
    } catch (Throwable e) { // errors too: a key that is never said to have ended never runs again
      stage = CompletableFuture.failedFuture(e);
    }
    stage.whenComplete((outcome, failure) -> ended(key, entry, outcome, failure));
  }

  private synchronized void ended(
      K key, Entry entry, @Nullable Outcome outcome, @Nullable Throwable failure) {
    boolean more = entry.dirty || outcome instanceof Outcome.Again;
    if (closed) {
      if (more) {
        enqueue(key, entry);
      } else {
        entries.remove(key);
        completeIfIdle();
      }
      return;
    }
    if (failure != null || outcome == null) {
      entry.failures++;
      entry.notBefore = timer.nanoTime() + FLOOR.toNanos();
      Duration delay = entry.dirty ? FLOOR : backoff(entry.failures);
      logFailure(key, entry.failures, delay, failure);
      waitFor(key, entry, delay);
      return;
    }
    entry.failures = 0;
    entry.notBefore = timer.nanoTime();
    if (more) {
      enqueue(key, entry);
    } else if (outcome instanceof Outcome.RetryAfter retry) {
      waitFor(key, entry, retry.delay());
    } else {
      entries.remove(key);
    }
  }

  private void wakeEarly(K key, Entry entry) {
    long now = timer.nanoTime();
    entry.dirty = true;
    if (entry.wakesAt - entry.notBefore <= 0) {
      return; // already as early as may be
    }
    requireNonNull(entry.wake).cancel();
    if (entry.notBefore - now <= 0) {
      enqueue(key, entry);
    } else {
      waitFor(key, entry, Duration.ofNanos(entry.notBefore - now));
    }
  }

  private void waitFor(K key, Entry entry, Duration delay) {
    entry.phase = Phase.WAITING;
    entry.wakesAt = timer.nanoTime() + delay.toNanos();
    long wakesAt = entry.wakesAt;
    entry.wake = timer.schedule(delay, () -> wake(key, entry, wakesAt));
  }

  private synchronized void wake(K key, Entry entry, long wakesAt) {
    if (!closed && entry.phase == Phase.WAITING && entry.wakesAt == wakesAt) {
      enqueue(key, entry);
    }
  }

  private Duration backoff(int failures) {
    long doubled = FLOOR.toNanos() << Math.min(failures - 1, 30);
    long bounded = Math.min(doubled, CEILING.toNanos());
    return Duration.ofNanos(bounded + (long) (bounded * 0.2 * random.nextDouble()));
  }

  private void logFailure(K key, int failures, Duration delay, @Nullable Throwable failure) {
    if (Integer.bitCount(failures) == 1) { // the 1st, 2nd, 4th, 8th …
      log.warn(
          "{} of {} failed {} times, next in {} ms: {}",
          name,
          key,
          failures,
          delay.toMillis(),
          String.valueOf(failure));
    }
    log.debug("{} of {} failed", name, key, failure);
  }

  private void completeIfIdle() {
    if (closed && entries.isEmpty()) {
      idle.complete(null);
    }
  }
}
