package io.virtualnode.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tells who is there by whose Lease changes. When that was is measured by the own clock, from when
 * the change was seen: the clocks of others decide nothing. Not thread-safe; pure.
 */
final class Roll {

  private final long lifetimeNanos;
  private final long garbageNanos;
  private final Map<String, Seen> leases = new HashMap<>();

  private record Seen(String version, long sinceNanos) {}

  /**
   * Nobody yet.
   *
   * @param lifetime how long one is there after its Lease has changed
   * @param garbage how long a Lease that does not change is kept
   */
  Roll(Duration lifetime, Duration garbage) {
    this.lifetimeNanos = lifetime.toNanos();
    this.garbageNanos = garbage.toNanos();
  }

  /**
   * These are all Leases.
   *
   * @param versions the resourceVersion of each, by its name
   */
  void seen(Map<String, String> versions, long nowNanos) {
    leases.keySet().retainAll(versions.keySet());
    versions.forEach(
        (name, version) -> {
          Seen before = leases.get(name);
          if (before == null || !before.version.equals(version)) {
            leases.put(name, new Seen(version, nowNanos));
          }
        });
  }

  /** How many are there. */
  int present(long nowNanos) {
    return (int)
        leases.values().stream().filter(seen -> nowNanos - seen.sinceNanos < lifetimeNanos).count();
  }

  /** The Leases of those that are gone for long, with their resourceVersions. */
  Map<String, String> garbage(long nowNanos) {
    return leases.entrySet().stream()
        .filter(lease -> nowNanos - lease.getValue().sinceNanos >= garbageNanos)
        .collect(Collectors.toMap(Map.Entry::getKey, lease -> lease.getValue().version));
  }
}
