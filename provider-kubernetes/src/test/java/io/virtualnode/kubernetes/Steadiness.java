package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Looks again and again, past every network of a test's, whether the virtual node is Ready, a pod
 * that runs is as it was, and how long less is offered than there is.
 */
final class Steadiness implements AutoCloseable {

  private static final Duration PERIOD = Duration.ofMillis(20);

  private final Federation federation;
  private final Pod before;
  private final long offered;
  private final List<String> faults = new CopyOnWriteArrayList<>();
  private final AtomicLong missingNanos = new AtomicLong();
  private final AtomicLong looks = new AtomicLong();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("steadiness"));
  private long lastLook = System.nanoTime(); // on the timer's thread
  private String known; // the pod's version; on the timer's thread
  private volatile boolean offerCounts = true;

  /** Begins to look; the offer and the pod are right now. */
  Steadiness(Federation federation, String pod) {
    this.federation = federation;
    this.before = federation.proxy(pod);
    this.known = version(before);
    this.offered = federation.offered().get("cpu");
    var unused =
        timer.scheduleWithFixedDelay(this::tryLook, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void tryLook() {
    try {
      look();
    } catch (RuntimeException e) {
      faults.add("the look failed: " + e);
    }
  }

  private void look() {
    var node = federation.primary.client().nodes().withName(Federation.NODE).get();
    node.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("Ready"))
        .map(NodeCondition::getStatus)
        .filter(status -> !status.equals("True"))
        .forEach(status -> faults.add("the node's Ready is " + status));
    var pod = federation.proxy(before.getMetadata().getName());
    if (faults.isEmpty() && !version(pod).equals(known) && !isAsMemberSays(pod)) {
      faults.add(
          "the pod that runs was written by %s: %s; before: %s"
              .formatted(writers(pod), pod.getStatus(), before.getStatus()));
    }
    known = version(pod);
    long now = System.nanoTime();
    if (offerCounts && federation.offered().get("cpu") < offered) {
      missingNanos.addAndGet(now - lastLook);
    }
    lastLook = now;
    looks.incrementAndGet();
  }

  /**
   * A member's node controller takes away the readiness of a pod that comes within seconds of its
   * node, and no simulated kubelet gives it back.
   */
  private boolean isAsMemberSays(Pod pod) {
    var delegate = federation.delegate(pod.getMetadata().getName());
    return delegate != null
        && Federation.Run.of(pod.getStatus()).equals(Federation.Run.of(delegate.getStatus()));
  }

  private static String version(Pod pod) {
    return pod.getMetadata().getResourceVersion();
  }

  private static List<String> writers(Pod pod) {
    return pod.getMetadata().getManagedFields().stream()
        .map(entry -> entry.getManager() + " at " + entry.getTime())
        .toList();
  }

  /** From now on less may be offered; returns for how long it was less until now. */
  Duration offerMayChange() {
    offerCounts = false;
    return Duration.ofNanos(missingNanos.get());
  }

  /** Until something has been looked at that is after now. */
  void awaitLooks() {
    long from = looks.get();
    Federation.eventually("looks", () -> looks.get() >= from + 2);
  }

  void assertSteady() {
    awaitLooks();
    assertThat(faults).isEmpty();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
