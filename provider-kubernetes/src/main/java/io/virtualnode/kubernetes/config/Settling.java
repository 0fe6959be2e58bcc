package io.virtualnode.kubernetes.config;

import java.time.Duration;
import java.util.Optional;

/**
 * Decides when something that is being written has come to rest: its fingerprint has to stay the
 * same for a quiet time. Each state is reported once. Pure but for its memory; not thread-safe.
 */
final class Settling {

  private final long quietNanos;
  private String settled;
  private Optional<String> moving = Optional.empty();
  private long movingSinceNanos;

  /**
   * Starts at rest.
   *
   * @param settled the fingerprint that is known already
   */
  Settling(Duration quiet, String settled) {
    this.quietNanos = quiet.toNanos();
    this.settled = settled;
  }

  /**
   * Takes a look.
   *
   * @param nowNanos a monotonic clock
   * @return whether this fingerprint is new and has been the same for the quiet time
   */
  boolean look(String fingerprint, long nowNanos) {
    if (fingerprint.equals(settled)) {
      moving = Optional.empty();
      return false;
    }
    if (!moving.equals(Optional.of(fingerprint))) {
      moving = Optional.of(fingerprint);
      movingSinceNanos = nowNanos;
    }
    if (nowNanos - movingSinceNanos < quietNanos) {
      return false;
    }
    settled = fingerprint;
    moving = Optional.empty();
    return true;
  }

  /** Whether a change has been seen that has not come to rest. */
  boolean moving() {
    return moving.isPresent();
  }
}
