package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;
import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.placement.Strategy;
import java.time.Duration;
import java.util.Optional;

/**
 * How bound pods are given to the members' nodes.
 *
 * @param strategy which of several nodes with room is taken
 * @param unfit what becomes of a pod that is bound and finds no single node with room
 * @param failAfter how long a pod that would fit no node even when empty stays Pending before it is
 *     failed; for ever where absent
 * @param takeBackAfter how long a delegate may stay without a node in its member before another
 *     place is sought for it
 * @param collectAfter how long a pod too wide for any node's free room waits unbound before a slot
 *     is collected for it; never where absent
 * @param slotsAtOnce for how many wide pods slots are collected at a time
 * @param wideCores of how many cores, at least, a pod is wide
 */
public record PlacementSettings(
    Strategy strategy,
    Unfit unfit,
    Optional<Duration> failAfter,
    Duration takeBackAfter,
    Optional<Duration> collectAfter,
    int slotsAtOnce,
    int wideCores) {

  /** What becomes of a pod that is bound and finds no single node with room. */
  public enum Unfit {
    /** It waits, visibly, and its slot is held where it will be first. */
    HOLD,
    /** It fails as a kubelet fails it: {@code OutOfcpu} and the like. */
    REJECT
  }

  /** What holds where the configuration says nothing. */
  public static final PlacementSettings DEFAULT =
      new PlacementSettings(
          Strategy.PACK,
          Unfit.HOLD,
          Optional.empty(),
          Duration.ofSeconds(30),
          Optional.of(Duration.ofMinutes(1)),
          1,
          2);

  /** The same with another strategy. */
  public PlacementSettings withStrategy(Strategy value) {
    return new PlacementSettings(
        value, unfit, failAfter, takeBackAfter, collectAfter, slotsAtOnce, wideCores);
  }

  /** The same with something else for what finds no slot. */
  public PlacementSettings withUnfit(Unfit value) {
    return new PlacementSettings(
        strategy, value, failAfter, takeBackAfter, collectAfter, slotsAtOnce, wideCores);
  }

  /** The same with what never fits failed after so long. */
  public PlacementSettings withFailAfter(Optional<Duration> value) {
    return new PlacementSettings(
        strategy, unfit, value, takeBackAfter, collectAfter, slotsAtOnce, wideCores);
  }

  /** The same with delegates taken back after so long. */
  public PlacementSettings withTakeBackAfter(Duration value) {
    return new PlacementSettings(
        strategy, unfit, failAfter, value, collectAfter, slotsAtOnce, wideCores);
  }

  /** The same with slots collected after so long, or never. */
  public PlacementSettings withCollectAfter(Optional<Duration> value) {
    return new PlacementSettings(
        strategy, unfit, failAfter, takeBackAfter, value, slotsAtOnce, wideCores);
  }

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if a duration is not positive, or a number below one
   */
  public PlacementSettings {
    requireNonNull(strategy, "strategy is null");
    requireNonNull(unfit, "unfit is null");
    check("failAfter", failAfter.flatMap(PlacementSettings::positive));
    check("takeBackAfter", positive(takeBackAfter));
    check("collectAfter", collectAfter.flatMap(PlacementSettings::positive));
    if (slotsAtOnce < 1) {
      throw new IllegalArgumentException("slotsAtOnce: is less than 1");
    }
    if (wideCores < 1) {
      throw new IllegalArgumentException("wideCores: is less than 1");
    }
  }

  static Optional<String> positive(Duration value) {
    return value.isZero() || value.isNegative()
        ? Optional.of("is not longer than zero")
        : Optional.empty();
  }
}
