package io.virtualnode.kubernetes.config;

import java.time.Duration;
import java.util.Optional;

/** Reads the part of a configuration that says how several processes share the work out. */
final class ReplicaSection {

  private ReplicaSection() {}

  /** The settings; empty, with the faults noted, if they are faulty. */
  static Optional<ReplicaSettings> read(Section section, Faults faults) {
    int before = faults.count();
    section.require("namespace");
    var namespace = section.string("namespace", Syntax::dnsLabel);
    var defaults = ReplicaSettings.in("default");
    var lease = duration(section, "leaseDuration", defaults.leaseDuration());
    var deadline = duration(section, "renewDeadline", defaults.renewDeadline());
    var retry = duration(section, "retryPeriod", defaults.retryPeriod());
    section.refuseUnknown();
    if (faults.count() > before) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ReplicaSettings(namespace.orElseThrow(), lease, deadline, retry));
    } catch (IllegalArgumentException e) { // how they relate to one another
      faults.add(section.path(), String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static Duration duration(Section section, String key, Duration standard) {
    return section.duration(key, PlacementSettings::positive).orElse(standard);
  }
}
