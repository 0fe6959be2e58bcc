package io.virtualnode.benchmarks;

import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

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
  record Result(int pods, int rate, double seconds, Timeline timeline, CpuUsage cpu) {}

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
      long start = System.nanoTime();
      submit(prefix);
      if (!timeline.awaitOver(SETTLE_SECONDS)) {
        throw new IllegalStateException(
            "%d pods have not ended:%n%s"
                .formatted(timeline.missing(), testbed.vnode().lastWords()));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      var cpu = testbed.cpu().minus(before);
      for (int i = 0; i < pods; i++) {
        primary.deletePod(Testbed.NAMESPACE, prefix + "-" + i).join();
      }
      gone.awaitGone(SETTLE_SECONDS);
      return new Result(pods, rate, seconds, timeline, cpu);
    } finally {
      observers.forEach(PodObserver::close);
    }
  }

  private void submit(String prefix) {
    var next = new AtomicInteger();
    var submitted = new CountDownLatch(pods);
    var pacer = Executors.newSingleThreadScheduledExecutor();
    try {
      var pace =
          pacer.scheduleAtFixedRate(
              () -> {
                int number = next.getAndIncrement();
                if (number < pods) {
                  var unused =
                      testbed
                          .primaryApi()
                          .createPod(
                              Testbed.NAMESPACE, PodText.of(prefix + "-" + number, RUN_MILLIS))
                          .whenComplete((nothing, failure) -> submitted.countDown());
                }
              },
              0,
              TimeUnit.SECONDS.toNanos(1) / rate,
              TimeUnit.NANOSECONDS);
      Waits.await(submitted, 1000L * pods / rate + 60_000);
      pace.cancel(false);
    } finally {
      pacer.shutdownNow();
    }
  }
}
