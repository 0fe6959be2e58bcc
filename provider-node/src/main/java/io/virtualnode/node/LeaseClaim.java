package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the spec of a Lease says of who holds it. Its times are for people: they come from another
 * machine's clock and decide nothing. Immutable and pure.
 *
 * @param holder empty if nobody holds it
 * @param durationSeconds how long it is to be left alone after it has last changed; 0 if not said
 * @param acquired when the holder got it
 * @param renewed when this was written
 * @param transitions how often it has passed to another holder
 */
record LeaseClaim(
    String holder,
    int durationSeconds,
    @Nullable Instant acquired,
    @Nullable Instant renewed,
    int transitions) {

  /** The duration by which client-go marks a lease that was given up. */
  private static final int RELEASED_SECONDS = 1;

  static LeaseClaim of(@Nullable LeaseSpec spec) {
    LeaseSpec said = spec == null ? new LeaseSpec() : spec;
    return new LeaseClaim(
        Optional.ofNullable(said.getHolderIdentity()).orElse(""),
        Optional.ofNullable(said.getLeaseDurationSeconds()).orElse(0),
        said.getAcquireTime() == null ? null : said.getAcquireTime().toInstant(),
        said.getRenewTime() == null ? null : said.getRenewTime().toInstant(),
        Optional.ofNullable(said.getLeaseTransitions()).orElse(0));
  }

  /**
   * Of a Lease that nobody is known to hold, and that is to be left alone nevertheless: somebody
   * may still be sure of one that was deleted.
   */
  static LeaseClaim vacant(int durationSeconds, int transitions, Instant now) {
    return new LeaseClaim("", durationSeconds, null, micros(now), transitions);
  }

  /** Whether it was given up by its holder, or made for whoever comes first. */
  boolean isReleased() {
    return holder.isEmpty() && durationSeconds <= RELEASED_SECONDS;
  }

  LeaseClaim takenBy(String candidate, int seconds, Instant now) {
    return new LeaseClaim(candidate, seconds, micros(now), later(now), transitions + 1);
  }

  LeaseClaim renewed(int seconds, Instant now) {
    Instant since = acquired == null ? micros(now) : acquired;
    return new LeaseClaim(holder, seconds, since, later(now), transitions);
  }

  LeaseClaim released(Instant now) {
    return new LeaseClaim("", RELEASED_SECONDS, micros(now), later(now), transitions);
  }

  /** As the spec of a Lease is written. */
  Map<String, Object> spec() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("holderIdentity", holder);
    spec.put("leaseDurationSeconds", durationSeconds);
    if (acquired != null) {
      spec.put("acquireTime", Times.micros(acquired));
    }
    if (renewed != null) {
      spec.put("renewTime", Times.micros(renewed));
    }
    spec.put("leaseTransitions", transitions);
    return spec;
  }

  /** A claim that is written differs from the one before even if the clock was set back. */
  private Instant later(Instant now) {
    Instant time = micros(now);
    return renewed == null || time.isAfter(renewed) ? time : renewed.plus(1, ChronoUnit.MICROS);
  }

  private static Instant micros(Instant time) {
    return time.truncatedTo(ChronoUnit.MICROS);
  }
}
