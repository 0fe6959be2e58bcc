package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * One unbroken time of holding the lease of an {@link Election}.
 *
 * <p>It ends by itself when the last renewal that succeeded was sent longer ago than the renew
 * deadline, by the monotonic clock or by the wall clock: whichever says that more time has passed.
 * So a process that was stopped, or a machine that was suspended, finds its term over before it can
 * do anything. Nobody else can have the lease before that.
 *
 * <p>Thread-safe.
 */
public final class Term implements WriteGuard {

  private final Duration limit;
  private final Timer timer;
  private final Executor listeners;
  private final Runnable onEnd;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  // written under this
  private volatile Moment renewedAt;
  private volatile boolean over;

  /**
   * A term that begins.
   *
   * @param sentAt when the request was sent that got the lease
   * @param limit the renew deadline
   * @param listeners where the stage of {@link #ended} completes
   * @param onEnd is run once, by whoever ends it; must not block
   */
  Term(Moment sentAt, Duration limit, Timer timer, Executor listeners, Runnable onEnd) {
    this.renewedAt = requireNonNull(sentAt, "sentAt is null");
    this.limit = requireNonNull(limit, "limit is null");
    this.timer = requireNonNull(timer, "timer is null");
    this.listeners = requireNonNull(listeners, "listeners is null");
    this.onEnd = requireNonNull(onEnd, "onEnd is null");
  }

  /**
   * Whether it is certain, at this moment, that nobody else holds the lease. Once this has been
   * false it never is true again: who gets the lease back has a new term. Never blocks for long.
   */
  public boolean holds() {
    if (!over && left().isNegative()) {
      end();
    }
    return !over; // read last, for it may have ended meanwhile
  }

  /** The same as {@link #holds}. */
  @Override
  public boolean mayWrite() {
    return holds();
  }

  /**
   * Completes when this term has ended, also if nobody asks {@link #holds}; never fails. Completes
   * on a thread of the election's that is for this only.
   */
  public CompletionStage<Void> ended() {
    return ended.copy();
  }

  /** Looks from now on when it ends. */
  void watch() {
    if (holds()) {
      timer.schedule(left().plusNanos(1), this::watch);
    }
  }

  /**
   * A renewal has succeeded.
   *
   * @return whether it did in time; else the term has ended
   */
  synchronized boolean renewed(Moment sentAt) {
    if (!holds()) {
      return false;
    }
    renewedAt = sentAt;
    return true;
  }

  /** Ends it, if it has not ended yet. */
  void end() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    onEnd.run();
    listeners.execute(() -> ended.complete(null));
  }

  /** Less than nothing once the deadline is there. */
  private Duration left() {
    return limit.minus(Moment.of(timer).since(renewedAt)).minusNanos(1);
  }
}
