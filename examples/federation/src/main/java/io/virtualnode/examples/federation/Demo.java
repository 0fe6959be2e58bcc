package io.virtualnode.examples.federation;

import static io.virtualnode.examples.federation.Federation.NODE;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ScalableResource;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** The course of a run: everything is started, the Jobs are submitted and watched to their end. */
final class Demo {

  private static final Duration NODE_LIMIT = Duration.ofMinutes(2);
  private static final Duration STILL_LIMIT = Duration.ofMinutes(1);
  private static final Duration TICK = Duration.ofMillis(50);
  private static final HarvesterJob FIRST = new HarvesterJob(1000, 1, Duration.ofMillis(200));

  private final Plan plan;
  private final Federation federation;
  private final PrintStream out;
  private final Screen screen;

  Demo(Plan plan, Federation federation, PrintStream out, Screen screen) {
    this.plan = plan;
    this.federation = federation;
    this.out = out;
    this.screen = screen;
  }

  /** Runs everything and says what is wrong; nothing on success. What was started stays up. */
  List<String> run() throws IOException {
    federation.start(plan.members());
    await("node %s offers all %d cores".formatted(NODE, plan.cores()), this::offersAll);
    out.printf("node %s offers %d cores, all that the members have free%n", NODE, plan.cores());
    tryOneJob();
    var picture =
        new Picture(
            NODE,
            plan.members().stream().map(Plan.Member::name).toList(),
            plan.jobs().size(),
            System::nanoTime);
    try (var watches = new Watches(picture, NODE, federation.primary(), federation.members())) {
      var faults = follow(submit(picture), picture, watches);
      var outcome = picture.outcome();
      out.println();
      outcome.summary().forEach(out::println);
      faults.addAll(outcome.faults());
      if (!faults.isEmpty()) {
        faults.addAll(overload());
      }
      return faults;
    }
  }

  private boolean offersAll() {
    Node node = client().nodes().withName(NODE).get();
    return node != null
        && PodFact.millis(node.getStatus().getAllocatable().get("cpu")) == 1000L * plan.cores();
  }

  /**
   * One Job there and back before anything is measured, so that no process does anything for the
   * first time when a second counts; and nothing is left of it.
   */
  private void tryOneJob() {
    long start = System.nanoTime();
    var first = job(FIRST);
    first.create();
    await("the first Job succeeds", () -> succeeded(first.get()));
    out.printf(
        Locale.ROOT,
        "a first Job of %.1f s has gone there and back in %.1f s%n",
        FIRST.runFor().toMillis() / 1e3,
        (System.nanoTime() - start) / 1e9);
    first.withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
    await("nothing is left of the first Job", this::nothingIsLeft);
  }

  private static boolean succeeded(Job job) {
    return job.getStatus() != null
        && job.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Complete") && c.getStatus().equals("True"));
  }

  private boolean nothingIsLeft() {
    return hasNoPods(client())
        && federation.members().stream().allMatch(member -> hasNoPods(member.client()));
  }

  private static boolean hasNoPods(KubernetesClient cluster) {
    return cluster.pods().inAnyNamespace().list().getItems().isEmpty();
  }

  /** All Jobs as fast as the primary takes them; the table shows how they arrive. */
  private CompletableFuture<Void> submit(Picture picture) {
    long wide = plan.wideJobs();
    out.printf(
        "submitting %d Jobs (%d with 1 core, %d with 8): %d cores wanted, %d there%n%n",
        plan.jobs().size(), plan.jobs().size() - wide, wide, plan.wantedCores(), plan.cores());
    picture.begin();
    return CompletableFuture.runAsync(
        () -> plan.jobs().forEach(job -> job(job).create()),
        task -> {
          var thread = new Thread(task, "submit");
          thread.setDaemon(true);
          thread.start();
        });
  }

  /** Until every Job has ended and both sides agree about it, or nothing moves any more. */
  private List<String> follow(
      CompletableFuture<Void> submission, Picture picture, Watches watches) {
    var faults = new ArrayList<String>();
    long shown = System.nanoTime() - screen.interval().toNanos();
    while (!(picture.allJobsEnded() && picture.agrees()) && faults.isEmpty()) {
      if (System.nanoTime() - shown >= screen.interval().toNanos()) {
        shown = System.nanoTime();
        screen.show(picture.snapshot());
      }
      federation.nodeFault(TICK).ifPresent(faults::add);
      watches.fault().ifPresent(faults::add);
      if (submission.isCompletedExceptionally()) {
        faults.add("the Jobs cannot be submitted: " + failure(submission));
      }
      if (picture.still().compareTo(STILL_LIMIT) > 0) {
        faults.add("no pod has changed for %d s".formatted(STILL_LIMIT.toSeconds()));
      }
    }
    screen.show(picture.snapshot());
    return faults;
  }

  private static String failure(CompletableFuture<Void> submission) {
    return submission.handle((nothing, failure) -> String.valueOf(failure)).join();
  }

  private void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + NODE_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      var fault = federation.nodeFault(TICK);
      if (fault.isPresent()) {
        throw new DemoException(fault.get());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new DemoException("not within %d s: %s".formatted(NODE_LIMIT.toSeconds(), what));
      }
    }
  }

  /** A machine with far more to do than it can explains much; it excuses nothing. */
  private static List<String> overload() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    double load = system.getSystemLoadAverage();
    return load <= 2.0 * system.getAvailableProcessors()
        ? List.of()
        : List.of(
            String.format(
                Locale.ROOT,
                "(this machine is overloaded: load %.0f on %d cores)",
                load,
                system.getAvailableProcessors()));
  }

  private ScalableResource<Job> job(HarvesterJob job) {
    return client().batch().v1().jobs().inNamespace(HarvesterQueue.NAMESPACE).resource(job.toJob());
  }

  private KubernetesClient client() {
    return federation.primary().client();
  }
}
