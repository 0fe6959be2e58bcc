package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.Whereabouts.Place;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

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

  /**
   * How many pods of the primary have their delegates in members that are not configured. Empty
   * also where the primary cannot be read: {@link #probe} says so.
   */
  default SortedMap<Place, Integer> unconfigured(Configuration configuration) {
    return new TreeMap<>();
  }
}
