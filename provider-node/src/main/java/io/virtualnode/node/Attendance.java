package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseList;
import io.fabric8.kubernetes.client.Config;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells how many processes of a group there are, so that they can share out what there is to do.
 * Each has a Lease of its own, which it renews; one whose Lease has not been seen to change for the
 * group's lifetime is taken for gone. What is told may be late by that, so it is no proof of
 * anything: who may do what is decided by an {@link Election}.
 *
 * <p>Needs the rights to list, create, patch and delete Leases in the namespace. Thread-safe; has
 * threads of its own.
 */
public final class Attendance implements AutoCloseable {

  /** The label that names the group on the Leases of its processes. */
  public static final String GROUP = "virtualnode.io/replica-of";

  private static final Logger log = LoggerFactory.getLogger(Attendance.class);
  private static final int RENEWALS = 5; // in a lifetime
  private static final int GARBAGE = 10; // lifetimes
  private static final Duration LONGEST_GOODBYE = Duration.ofSeconds(2);

  private final LeaseRequests leases;
  private final ExecutorService executor;
  private final Timer.OfSystem timer;
  private final String group;
  private final String name;
  private final Duration lifetime;
  private final Roll roll; // touched by the executor's one thread
  private boolean closing; // touched by the executor's one thread
  private boolean failing; // touched by the executor's one thread
  private volatile int present = 1;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Attendance(Config primary, String namespace, String group, Duration lifetime) {
    String threads = "attendance-" + group;
    this.timer = new Timer.OfSystem(threads + "-timer");
    this.executor = Threads.pool(1, threads + "-");
    this.leases =
        new LeaseRequests(
            ApiClients.leaseClient(primary, lifetime.dividedBy(RENEWALS)),
            namespace,
            executor,
            timer);
    this.group = group;
    this.name = group + ".replica." + UUID.randomUUID();
    this.lifetime = lifetime;
    this.roll = new Roll(lifetime, lifetime.multipliedBy(GARBAGE));
  }

  /**
   * Takes part from now on; returns at once.
   *
   * @param primary where the Leases are and as whom they are written
   * @param group a label's value and the beginning of the Leases' names
   * @param lifetime after how long a process that no longer renews its Lease is taken for gone
   */
  public static Attendance join(Config primary, String namespace, String group, Duration lifetime) {
    requireNonNull(namespace, "namespace is null");
    requireNonNull(group, "group is null");
    Attendance attendance = new Attendance(primary, namespace, group, lifetime);
    attendance.executor.execute(attendance::turn);
    return attendance;
  }

  /** How many there are, this one among them; 1 while nothing is known of others. */
  public int present() {
    return present;
  }

  /** Renews, then counts, and again after a while, whatever came of it. */
  private void turn() {
    if (closing) {
      return;
    }
    var unused =
        renew()
            .thenCompose(renewed -> leases.withLabel(GROUP, group))
            .thenAccept(this::count)
            .whenComplete(
                (nothing, failure) -> {
                  note(failure);
                  timer.schedule(lifetime.dividedBy(RENEWALS), () -> executor.execute(this::turn));
                });
  }

  private CompletionStage<Lease> renew() {
    Map<String, Object> spec =
        Map.of(
            "holderIdentity",
            name,
            "leaseDurationSeconds",
            Math.max(1, Math.toIntExact(lifetime.toSeconds())),
            "renewTime",
            Times.micros(Instant.now().truncatedTo(ChronoUnit.MICROS)));
    return leases
        .patch(name, Map.of(), spec)
        .exceptionallyCompose(
            failure ->
                PrimaryApi.code(failure) != PrimaryApi.NOT_FOUND || closing
                    ? CompletableFuture.failedFuture(failure)
                    : leases.create(name, Map.of(GROUP, group), spec));
  }

  private void count(LeaseList found) {
    Map<String, String> versions =
        found.getItems().stream()
            .map(Lease::getMetadata)
            .collect(
                Collectors.toMap(
                    metadata -> metadata.getName(), metadata -> metadata.getResourceVersion()));
    roll.seen(versions, timer.nanoTime());
    present = Math.max(1, roll.present(timer.nanoTime()));
    roll.garbage(timer.nanoTime())
        .forEach(
            (lease, version) -> {
              var unused = leases.delete(lease, version); // what stays is found again
            });
  }

  private void note(Throwable failure) {
    if (failure == null) {
      failing = false;
    } else if (!failing && !closing) {
      failing = true;
      log.warn("how many processes of {} there are: {}", group, PrimaryApi.unwrap(failure));
    }
  }

  /** Says goodbye, if the primary answers within 2 s. Idempotent. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    CompletableFuture<Void> gone = new CompletableFuture<>();
    executor.execute(
        () -> {
          closing = true;
          var unused = leases.delete(name).whenComplete((none, failure) -> gone.complete(null));
        });
    gone.completeOnTimeout(null, LONGEST_GOODBYE.toMillis(), TimeUnit.MILLISECONDS).join();
    timer.close();
    executor.shutdown();
    leases.close();
  }
}
