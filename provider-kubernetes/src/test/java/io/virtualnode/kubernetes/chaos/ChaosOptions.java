package io.virtualnode.kubernetes.chaos;

import java.time.Duration;

/**
 * How much is to be done, at least; from the system properties {@code chaos.kills}, {@code
 * chaos.points}, {@code chaos.partitions}, {@code chaos.restarts} and {@code seed}.
 *
 * @param kills of the process at random times
 * @param killsAtPoints at each named point
 * @param restarts of API servers
 */
record ChaosOptions(int kills, int killsAtPoints, int partitions, int restarts, long seed) {

  static ChaosOptions ofSystemProperties() {
    return new ChaosOptions(
        Integer.getInteger("chaos.kills", 12),
        Integer.getInteger("chaos.points", 1),
        Integer.getInteger("chaos.partitions", 8),
        Integer.getInteger("chaos.restarts", 3),
        Long.getLong("seed", System.nanoTime()));
  }

  /** How long all that may take; a process lives for some five seconds. */
  Duration limit() {
    int lives = kills + killsAtPoints * CrashPoint.ALL.size();
    return Duration.ofSeconds(60 + 12L * lives + 8L * partitions + 20L * restarts);
  }
}
