package io.virtualnode.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * When an outside observer saw each step of each pod.
 *
 * <p>A latency here is the time between two deliveries by watches of two API servers: of the cause
 * (the pod is bound; the delegate's status has changed) and of the effect (the delegate exists; the
 * proxy's status has changed). Both deliveries lag behind their writes by the same machinery — the
 * store's watch, the API server's watch cache, one TLS record, one thread that wakes — so the lags
 * cancel on the average, and a latency is right but for the difference of two lags. How large that
 * is on this machine at this load is measured, not assumed: a second observer watches the primary
 * too, and {@link #skew} is the distribution of how far the two saw the very same write apart. The
 * virtual node itself learns of the cause by such a watch as well, so its own delivery lag is part
 * of what is measured, as it should be.
 *
 * <p>Thread-safe.
 */
final class Timeline {

  private static final class Times {
    private long bound;
    private long delegateCreated;
    private long delegateRunning;
    private long delegateOver;
    private long proxyRunning;
    private long proxyOver;
    private boolean proxySucceeded;
  }

  private final Map<String, Times> pods = new HashMap<>(); // guarded by this
  private final Map<String, Long> unpaired = new HashMap<>(); // guarded by this
  private final Latency skew = new Latency(); // guarded by this
  private final int expected;
  private final CountDownLatch over;

  Timeline(int expected) {
    this.expected = expected;
    this.over = new CountDownLatch(expected);
  }

  synchronized void inPrimary(PodSighting sighting, long nanos) {
    paired(sighting, nanos);
    var times = pods.computeIfAbsent(sighting.work(), uid -> new Times());
    if (times.bound == 0 && sighting.isBound()) {
      times.bound = nanos;
    }
    if (times.proxyRunning == 0 && sighting.isRunning()) {
      times.proxyRunning = nanos;
    }
    if (times.proxyOver == 0 && sighting.isOver()) {
      times.proxyOver = nanos;
      times.proxySucceeded = sighting.hasSucceeded();
      over.countDown();
    }
  }

  synchronized void inMember(PodSighting sighting, long nanos) {
    var times = pods.computeIfAbsent(sighting.work(), uid -> new Times());
    if (times.delegateCreated == 0) {
      times.delegateCreated = nanos;
    }
    if (times.delegateRunning == 0 && sighting.isRunning()) {
      times.delegateRunning = nanos;
    }
    if (times.delegateOver == 0 && sighting.isOver()) {
      times.delegateOver = nanos;
    }
  }

  /** The second observer of the primary has seen the same. */
  synchronized void again(PodSighting sighting, long nanos) {
    paired(sighting, nanos);
  }

  private void paired(PodSighting sighting, long nanos) {
    var other = unpaired.remove(sighting.resourceVersion());
    if (other == null) {
      unpaired.put(sighting.resourceVersion(), nanos);
    } else {
      skew.add(Math.abs(nanos - other));
    }
  }

  /** Waits until all expected pods have ended in the primary; answers whether they have. */
  boolean awaitOver(long seconds) {
    try {
      return over.await(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** How many pods there are to be. */
  int expected() {
    return expected;
  }

  /** Fails unless every pod was seen to run in the primary and succeeded there. */
  synchronized void requireSuccess(String run) {
    long running = pods.values().stream().filter(times -> times.proxyRunning != 0).count();
    long succeeded = pods.values().stream().filter(times -> times.proxySucceeded).count();
    if (running != expected || succeeded != expected) {
      throw new IllegalStateException(
          "%s: of %d pods %d were seen Running and %d Succeeded"
              .formatted(run, expected, running, succeeded));
    }
  }

  long missing() {
    return over.getCount();
  }

  /** From bound in the primary to created in a member. */
  Latency forward() {
    return between(times -> times.bound, times -> times.delegateCreated);
  }

  /** From Running in the member to Running in the primary. */
  Latency feedbackRunning() {
    return between(times -> times.delegateRunning, times -> times.proxyRunning);
  }

  /** From the end in the member to the end in the primary. */
  Latency feedbackOver() {
    return between(times -> times.delegateOver, times -> times.proxyOver);
  }

  /** Both kinds of feedback together. */
  Latency feedback() {
    var both = feedbackRunning();
    collect(both, times -> times.delegateOver, times -> times.proxyOver);
    return both;
  }

  /** How far apart two observers of the primary saw the same write. */
  synchronized Latency skew() {
    return skew;
  }

  private Latency between(ToLongFunction<Times> cause, ToLongFunction<Times> effect) {
    var latency = new Latency();
    collect(latency, cause, effect);
    return latency;
  }

  private synchronized void collect(
      Latency latency, ToLongFunction<Times> cause, ToLongFunction<Times> effect) {
    for (var times : pods.values()) {
      long from = cause.applyAsLong(times);
      long to = effect.applyAsLong(times);
      if (from != 0 && to != 0) {
        latency.add(to - from);
      }
    }
  }
}
