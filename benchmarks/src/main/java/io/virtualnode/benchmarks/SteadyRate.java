package io.virtualnode.benchmarks;

import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Submits pods at a steady rate, whatever happens to them, and times their way from outside. */
final class SteadyRate {

  private static final int RUN_MILLIS = 1000;
  private static final long SETTLE_SECONDS = 60;

  private final Testbed testbed;
  private final int rate;
  private final int pods;

  SteadyRate(Testbed testbed, int rate, int pods) {
    this.testbed = testbed;
    this.rate = rate;
    this.pods = pods;
  }

  /**
   * What a run has shown.
   *
   * @param cpu from the first submission until all had ended
   */
  record Result(int pods, int rate, Timeline timeline, CpuUsage cpu) {}

  Result run(String prefix) {
    var timeline = new Timeline(pods);
    var gone = new Population(pods);
    var observers = new ArrayList<PodObserver>();
    try {
      var primary = testbed.primaryApi();
      observers.add(PodObserver.start("primary", primary, Testbed.NAMESPACE, timeline::inPrimary));
      observers.add(
          PodObserver.start(
              "primary-again",
              primary,
              Testbed.NAMESPACE,
              (sighting, nanos) -> {
                timeline.again(sighting, nanos);
                gone.seen(sighting, nanos);
              }));
      for (var member : testbed.memberApis()) {
        observers.add(PodObserver.start("member", member, Testbed.NAMESPACE, timeline::inMember));
      }
      var before = testbed.cpu();
      atRate(
          pods,
          rate,
          TimeUnit.SECONDS.toMillis(SETTLE_SECONDS),
          i -> primary.createPod(Testbed.NAMESPACE, PodText.of(prefix + "-" + i, RUN_MILLIS)));
      if (!timeline.awaitOver(SETTLE_SECONDS)) {
        throw new IllegalStateException(
            "%d pods have not ended:%n%s"
                .formatted(timeline.missing(), testbed.vnode().lastWords()));
      }
      var cpu = testbed.cpu().minus(before);
      timeline.requireSuccess(prefix);
      for (int i = 0; i < pods; i++) {
        primary.deletePod(Testbed.NAMESPACE, prefix + "-" + i).join();
      }
      gone.awaitGone(SETTLE_SECONDS);
      return new Result(pods, rate, timeline, cpu);
    } finally {
      observers.forEach(PodObserver::close);
    }
  }

  /**
   * Begins requests one after another at a rate, whatever becomes of them, and returns when all
   * have been answered.
   *
   * @param settleMillis how long the answers may take after the last should have begun
   * @throws IllegalStateException at the first that fails, or if they take too long
   */
  static void atRate(
      int count, int rate, long settleMillis, IntFunction<CompletableFuture<Void>> request) {
    var next = new AtomicInteger();
    var answered = new AtomicInteger();
    var all = new CompletableFuture<Void>();
    var pacer = Executors.newSingleThreadScheduledExecutor();
    try {
      var pace =
          pacer.scheduleAtFixedRate(
              () -> {
                int number = next.getAndIncrement();
                if (number >= count) {
                  return;
                }
                var unused =
                    begin(request, number)
                        .whenComplete(
                            (nothing, failure) -> {
                              if (failure != null) {
                                all.completeExceptionally(failure);
                              } else if (answered.incrementAndGet() == count) {
                                all.complete(null);
                              }
                            });
              },
              0,
              TimeUnit.SECONDS.toNanos(1) / rate,
              TimeUnit.NANOSECONDS);
      all.get(1000L * count / rate + settleMillis, TimeUnit.MILLISECONDS);
      pace.cancel(false);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a request has failed: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "%d of %d requests were answered".formatted(answered.get(), count), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      pacer.shutdownNow();
    }
  }

  private static CompletableFuture<Void> begin(
      IntFunction<CompletableFuture<Void>> request, int number) {
    try {
      return request.apply(number);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
