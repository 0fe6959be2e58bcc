package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.PodStatus;
import org.jspecify.annotations.Nullable;

/**
 * What a provider pushed for a pod: the newest status, and before it a Running one that the primary
 * has not seen yet.
 *
 * <p>Statuses are levels, so only the newest counts — with one exception: a pod that ran must be
 * seen Running, or whoever waits for that never learns of it. A terminal status is final.
 *
 * @param running a pushed Running status that is still to be written before {@code latest}; never
 *     {@code latest} itself
 * @param latest what was pushed last, written or not
 * @param bare whether the primary refused {@code latest} as it is, so that only its phase, reason
 *     and message can be written
 */
record PendingStatus(@Nullable PodStatus running, @Nullable PodStatus latest, boolean bare) {

  /** Nothing was pushed. */
  static final PendingStatus NONE = new PendingStatus(null, null, false);

  /** After one more push. */
  PendingStatus push(PodStatus status) {
    if (latest != null && (Phases.isTerminal(latest) || latest.equals(status))) {
      return this;
    }
    if (Phases.isRunning(status)) {
      return new PendingStatus(null, status, false);
    }
    PodStatus ran = latest != null && Phases.isRunning(latest) ? latest : running;
    return new PendingStatus(ran, status, false);
  }

  /**
   * What to write next on top of {@code stored}.
   *
   * @return the status to merge, or null if nothing was pushed
   */
  @Nullable PodStatus next(@Nullable PodStatus stored) {
    return running != null && !hasRun(stored) ? running : latest;
  }

  /** After the primary has stored something, which now reads {@code stored}. */
  PendingStatus written(@Nullable PodStatus stored) {
    return running != null && hasRun(stored) ? new PendingStatus(null, latest, bare) : this;
  }

  /** After the primary has refused {@code status}, which {@link #next} had returned, for good. */
  PendingStatus refused(PodStatus status) {
    if (status.equals(running)) {
      return new PendingStatus(null, latest, bare);
    }
    return status.equals(latest) ? new PendingStatus(running, latest, true) : this;
  }

  private static boolean hasRun(@Nullable PodStatus stored) {
    return stored != null && (Phases.isRunning(stored) || Phases.isTerminal(stored));
  }
}
