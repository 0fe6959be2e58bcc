package io.virtualnode.kubernetes.member;

import java.time.Duration;

/**
 * Whether what is known of a member is recent: its API server answered a question not longer ago
 * than the stated age, and its watches are connected. Pure; times are {@code System.nanoTime()}.
 */
public final class Freshness {

  private final long maxAgeNanos;
  private boolean answered;
  private long answeredAt;

  /** Nothing is known yet. */
  public Freshness(Duration maxAge) {
    this.maxAgeNanos = maxAge.toNanos();
  }

  /** The API server answered a question that was asked at that time. */
  public void answered(long askedAt) {
    if (!answered || askedAt - answeredAt > 0) {
      answered = true;
      answeredAt = askedAt;
    }
  }

  /** The API server could not be asked. */
  public void failed() {
    answered = false;
  }

  /** Whether what is known is recent at that time. */
  public boolean isFresh(boolean watchesConnected, long now) {
    return answered && watchesConnected && now - answeredAt <= maxAgeNanos;
  }
}
