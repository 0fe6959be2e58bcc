package io.virtualnode.node;

import java.time.Duration;

/** What a candidate, or the holder, does next about the Lease; see {@link Candidacy}. */
sealed interface ElectionStep {

  /** Look at the Lease. */
  record Read() implements ElectionStep {}

  /** Make it, if there is none. */
  record Create(LeaseClaim claim) implements ElectionStep {}

  /** Write the claim, if the Lease is still of that version. */
  record Replace(String version, LeaseClaim claim) implements ElectionStep {}

  /** Do nothing for that time. */
  record Wait(Duration time) implements ElectionStep {}

  /** Give up what was held: somebody else has it. */
  record Yield(String holder) implements ElectionStep {}

  /** Nothing is left to be done after {@link Candidacy#leave}. */
  record Done() implements ElectionStep {}
}
