package io.virtualnode.kubernetes.config;

import static java.util.Objects.requireNonNull;

import io.virtualnode.node.ElectionSettings;
import java.time.Duration;

/**
 * How several processes with one configuration share its virtual nodes out: by Leases in a
 * namespace of the primary. The times are those of {@link ElectionSettings}.
 *
 * @param namespace where the Leases are
 * @param leaseDuration after how long the others take over from one that is gone
 * @param renewDeadline after how long one that cannot renew its Lease stops
 * @param retryPeriod how often a Lease is renewed or looked at
 */
public record ReplicaSettings(
    String namespace, Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {

  /**
   * Checks.
   *
   * @throws IllegalArgumentException that lists every fault
   */
  public ReplicaSettings {
    requireNonNull(namespace, "namespace is null");
    new ElectionSettings(namespace, "any", leaseDuration, renewDeadline, retryPeriod);
  }

  /** With the times that the components of Kubernetes have. */
  public static ReplicaSettings in(String namespace) {
    var standard = ElectionSettings.of(namespace, "any");
    return new ReplicaSettings(
        namespace, standard.leaseDuration(), standard.renewDeadline(), standard.retryPeriod());
  }

  /** The election by the Lease of that name. */
  public ElectionSettings election(String lease) {
    return new ElectionSettings(namespace, lease, leaseDuration, renewDeadline, retryPeriod);
  }
}
