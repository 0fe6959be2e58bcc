package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Decides what one participant of an election does about the Lease: told what came of its requests
 * and when, it says what to do next. Pure: no client, no clock, no thread.
 *
 * <p>The rules are those of client-go's {@code tools/leaderelection}, with two differences that
 * keep a holder certain of what it holds, see the last.
 *
 * <ul>
 *   <li>A Lease is taken from its holder when it has not changed for the duration that is written
 *       in it. That is measured by the own monotonic clock from when it was first seen as it is;
 *       clocks of two machines are never compared.
 *   <li>Every write is on condition of the version that was seen: one that comes too late, or was
 *       decided on by what has changed since, is refused.
 *   <li>A holder renews at once, without looking first, as long as nothing speaks against it.
 *   <li>A Lease that was given up ({@link LeaseClaim#isReleased}) is taken at once.
 *   <li>A Lease that somebody has deleted may still have a holder who does not know. So a candidate
 *       makes it again with no holder, and waits as for one that does not renew; the holder writes
 *       itself into it and goes on. The first Lease ever is therefore had after its duration.
 *   <li>Who is not willing looks on, and takes nothing; so it knows since when the Lease is as it
 *       is when it comes to be willing.
 *   <li>A Lease without a holder is not free before its duration has passed, unless it was given
 *       up.
 * </ul>
 *
 * <p>Not thread-safe; one request is under way at a time.
 */
final class Candidacy {

  private final String identity;
  private final ElectionSettings settings;

  /** The Lease as it was last seen, if there was one. */
  private @Nullable LeaseRecord seen;

  /** Since when it says what it says, by the monotonic clock. */
  private long sameSinceNanos;

  /** The last claim there was, also if the Lease is gone now. */
  private LeaseClaim lastClaim = new LeaseClaim("", 0, null, null, 0);

  /** Whether what was seen may be acted upon without another look. */
  private boolean current;

  /** Whether a write of ours may yet turn out to have been carried out. */
  private boolean doubtful;

  /** No request is made before, by the monotonic clock. */
  private long notBeforeNanos;

  /** How many writes in a row came too late. */
  private int conflicts;

  private boolean willing = true;
  private boolean leaving;
  private long leavingSinceNanos;
  private boolean gaveUp;

  Candidacy(String identity, ElectionSettings settings, Moment now) {
    this.identity = requireNonNull(identity, "identity is null");
    this.settings = requireNonNull(settings, "settings is null");
    this.sameSinceNanos = now.nanos();
    this.notBeforeNanos = now.nanos();
  }

  /** Whether the Lease is to be had when it is free; one that is held is kept. */
  void willing(boolean now) {
    willing = now;
  }

  /** From now on the Lease is not wanted; if it is ours, it is given up. */
  void leave(Moment now) {
    leaving = true;
    leavingSinceNanos = now.nanos();
    gaveUp = false;
    conflicts = 0;
    notBeforeNanos = now.nanos();
  }

  /** The Lease is wanted again. */
  void comeBack(Moment now) {
    leaving = false;
    current = false;
    notBeforeNanos = now.nanos();
  }

  /**
   * What to do now.
   *
   * @param holding whether a term is under way, so that certainly nobody else has one
   */
  ElectionStep next(Moment now, boolean holding) {
    if (leaving && (gaveUp || !mayBeOurs())) {
      return new ElectionStep.Done();
    }
    if (notBeforeNanos - now.nanos() > 0) {
      return new ElectionStep.Wait(Duration.ofNanos(notBeforeNanos - now.nanos()));
    }
    if (!current) {
      return new ElectionStep.Read();
    }
    LeaseRecord lease = seen;
    boolean looksOn = !willing && !holding;
    if (lease == null) {
      if (looksOn) {
        return lookAgain(now, settings.retryPeriod());
      }
      return new ElectionStep.Create(holding ? ours(lastClaim, now) : vacant(now));
    }
    LeaseClaim claim = lease.claim();
    if (isOurs(lease)) {
      LeaseClaim next = leaving ? claim.released(now.wall()) : ours(claim, now);
      return new ElectionStep.Replace(lease.version(), next);
    }
    if (holding && !claim.holder().isEmpty()) {
      current = false;
      return new ElectionStep.Yield(claim.holder());
    }
    Duration left = holding ? Duration.ZERO : untilFree(claim, now);
    if (!left.isZero()) {
      return lookAgain(now, left);
    }
    return looksOn
        ? lookAgain(now, settings.retryPeriod())
        : new ElectionStep.Replace(lease.version(), ours(claim, now));
  }

  /** The answer to a {@code Read}: the Lease, or that there is none. */
  void saw(@Nullable LeaseRecord lease, Moment now) {
    boolean same = lease != null && lease.saysTheSameAs(seen);
    if (!same) {
      sameSinceNanos = now.nanos();
    }
    seen = lease;
    if (lease != null) {
      lastClaim = lease.claim();
    }
    current = true;
    doubtful = false;
  }

  /** A {@code Create} or {@code Replace} was carried out, with this result. */
  void stored(LeaseRecord lease, Moment sentAt, Moment now) {
    saw(lease, now);
    conflicts = 0;
    notBeforeNanos = isOurs(lease) && !leaving ? nextTry(sentAt) : now.nanos();
  }

  /** A request failed with that HTTP status; 0 if there was no answer. */
  void failed(int code, Moment sentAt, Moment now) {
    boolean tooLate = code == PrimaryApi.CONFLICT || code == PrimaryApi.NOT_FOUND;
    if (tooLate) {
      conflicts++;
      current = false;
    } else if (current) { // a write: a look is only taken when it is not
      doubtful = true;
      current = isOurs(seen);
    }
    boolean mendable = tooLate && conflicts == 1; // by another look
    long next = nextTry(sentAt);
    boolean atOnce = leaving || mendable || next - now.nanos() < 0;
    notBeforeNanos = atOnce ? now.nanos() : next;
    gaveUp = leaving && !mendable && sentAt.nanos() - leavingSinceNanos >= 0;
  }

  private ElectionStep lookAgain(Moment now, Duration left) {
    Duration time = left.compareTo(settings.retryPeriod()) < 0 ? left : settings.retryPeriod();
    current = false;
    conflicts = 0;
    notBeforeNanos = now.nanos() + time.toNanos();
    return new ElectionStep.Wait(time);
  }

  private Duration untilFree(LeaseClaim claim, Moment now) {
    if (claim.isReleased()) {
      return Duration.ZERO;
    }
    Duration alone =
        claim.durationSeconds() == 0
            ? settings.leaseDuration()
            : Duration.ofSeconds(claim.durationSeconds());
    Duration left = alone.minusNanos(now.nanos() - sameSinceNanos);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private LeaseClaim ours(LeaseClaim claim, Moment now) {
    return claim.holder().equals(identity)
        ? claim.renewed(settings.leaseSeconds(), now.wall())
        : claim.takenBy(identity, settings.leaseSeconds(), now.wall());
  }

  private LeaseClaim vacant(Moment now) {
    int seconds = Math.max(settings.leaseSeconds(), lastClaim.durationSeconds());
    return LeaseClaim.vacant(seconds, lastClaim.transitions(), now.wall());
  }

  private boolean mayBeOurs() {
    return doubtful || isOurs(seen);
  }

  private boolean isOurs(@Nullable LeaseRecord lease) {
    return lease != null && lease.claim().holder().equals(identity);
  }

  private long nextTry(Moment sentAt) {
    return sentAt.nanos() + settings.retryPeriod().toNanos();
  }
}
