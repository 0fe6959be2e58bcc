package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.config.ClusterAccess;
import java.time.Duration;
import java.util.List;

/** Asks one cluster what {@code vnode check} has to know of it. */
@FunctionalInterface
interface ClusterProbe {

  /**
   * Asks and waits for the answer. Never throws for anything that the cluster or the way to it
   * does: that is {@link Finding.Unreachable}. Thread-safe.
   *
   * @param permissions those to ask for
   * @param timeout how long a single request may take
   */
  Finding probe(ClusterAccess access, List<Permission> permissions, Duration timeout);
}
