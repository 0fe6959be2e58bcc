package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;

import java.time.Duration;
import java.util.Optional;

/**
 * What becomes of pods when something is lost.
 *
 * @param unknownAfter how long a member is out of reach before its pods' readiness is said to be
 *     unknown
 * @param failAfter how long before they are failed; never where absent, as they may well run on
 * @param orphanPercent which share of the delegates may be removed at once for want of their
 *     proxies, while they run; more are taken for a sign that the primary has lost its memory
 */
public record FaultSettings(
    Duration unknownAfter, Optional<Duration> failAfter, int orphanPercent) {

  private static final int ALL = 100;

  /** What holds where the configuration says nothing. */
  public static final FaultSettings DEFAULT =
      new FaultSettings(Duration.ofSeconds(40), Optional.empty(), 20);

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if a duration is not positive, or the share not from 0 to 100
   */
  public FaultSettings {
    check("unknownAfter", PlacementSettings.positive(unknownAfter));
    check("failAfter", failAfter.flatMap(PlacementSettings::positive));
    if (orphanPercent < 0 || orphanPercent > ALL) {
      throw new IllegalArgumentException("orphanPercent: is not from 0 to " + ALL);
    }
  }

  /** The same with readiness unknown after so long. */
  public FaultSettings withUnknownAfter(Duration value) {
    return new FaultSettings(value, failAfter, orphanPercent);
  }

  /** The same with pods of a lost member failed after so long, or never. */
  public FaultSettings withFailAfter(Optional<Duration> value) {
    return new FaultSettings(unknownAfter, value, orphanPercent);
  }

  /** The same with another share of orphans that may be removed. */
  public FaultSettings withOrphanPercent(int value) {
    return new FaultSettings(unknownAfter, failAfter, value);
  }
}
