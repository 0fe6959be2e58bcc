package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Which Lease an election is held by, and how quick it is. All candidates of one election should
 * have the same times; one whose lease duration is longer than that of the others is waited for
 * accordingly.
 *
 * @param namespace of the Lease
 * @param lease its name
 * @param leaseDuration how long a candidate waits after it last saw the Lease change before it
 *     takes it from a holder that is gone; whole seconds
 * @param renewDeadline how long after its last successful renewal a holder goes on; the lease
 *     duration is at least 1.2 times that, for clocks that run at different speed
 * @param retryPeriod between two renewals, and between two looks of a candidate; at least two of
 *     them fit into the renew deadline
 */
public record ElectionSettings(
    String namespace,
    String lease,
    Duration leaseDuration,
    Duration renewDeadline,
    Duration retryPeriod) {

  /** How much faster one machine's clock may run than another's. */
  static final double CLOCK_RATIO = 1.2;

  private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
  private static final Duration RETRY_PERIOD = Duration.ofSeconds(2);

  /** This many requests in a row fit into a renew deadline, though none is answered. */
  private static final int REQUESTS = 3;

  /**
   * Checks all of them.
   *
   * @throws IllegalArgumentException that lists every fault
   */
  public ElectionSettings {
    requireNonNull(namespace, "namespace is null");
    requireNonNull(lease, "lease is null");
    requireNonNull(leaseDuration, "leaseDuration is null");
    requireNonNull(renewDeadline, "renewDeadline is null");
    requireNonNull(retryPeriod, "retryPeriod is null");
    List<String> faults = new ArrayList<>();
    if (!NodeFaults.isSubdomain(namespace)) {
      faults.add("namespace: is no name of a namespace: " + namespace);
    }
    if (!NodeFaults.isSubdomain(lease)) {
      faults.add("lease: is no DNS subdomain: " + lease);
    }
    if (!leaseDuration.equals(Duration.ofSeconds(leaseDuration.toSeconds()))) {
      faults.add("leaseDuration: is not a number of whole seconds: " + leaseDuration);
    }
    if (leaseDuration.toMillis() < CLOCK_RATIO * renewDeadline.toMillis()) {
      faults.add(
          "leaseDuration: is less than %s times renewDeadline (%s): %s"
              .formatted(CLOCK_RATIO, renewDeadline, leaseDuration));
    }
    if (renewDeadline.compareTo(retryPeriod.multipliedBy(2)) < 0) {
      faults.add(
          "renewDeadline: is less than two times retryPeriod (%s): %s"
              .formatted(retryPeriod, renewDeadline));
    }
    if (retryPeriod.toMillis() <= 0) {
      faults.add("retryPeriod: is less than a millisecond: " + retryPeriod);
    }
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", faults));
    }
  }

  /** With 15 s, 10 s and 2 s, as the components of Kubernetes have them. */
  public static ElectionSettings of(String namespace, String lease) {
    return new ElectionSettings(namespace, lease, LEASE_DURATION, RENEW_DEADLINE, RETRY_PERIOD);
  }

  /** The same Lease with other times. */
  public ElectionSettings timed(
      Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {
    return new ElectionSettings(namespace, lease, leaseDuration, renewDeadline, retryPeriod);
  }

  /** How long one request about the Lease may take. */
  Duration requestTimeout() {
    return renewDeadline.dividedBy(REQUESTS);
  }

  int leaseSeconds() {
    return Math.toIntExact(leaseDuration.toSeconds());
  }
}
