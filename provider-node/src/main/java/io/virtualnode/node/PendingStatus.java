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
 */
record PendingStatus(@Nullable PodStatus running, @Nullable PodStatus latest) {

  /** Nothing was pushed. */
  static final PendingStatus NONE = new PendingStatus(null, null);

  /** After one more push. */
  PendingStatus push(PodStatus status) {
    if (latest != null && Phases.isTerminal(latest)) {
      return this;
    }
    if (Phases.isRunning(status)) {
      return new PendingStatus(null, status);
    }
    PodStatus ran = latest != null && Phases.isRunning(latest) ? latest : running;
    return new PendingStatus(ran, status);
  }

  /**
   * What to write next on top of {@code stored}.
   *
   * @return the status to merge, or null if nothing was pushed
   */
  @Nullable PodStatus next(@Nullable PodStatus stored) {
    boolean seenRunning = stored != null && (Phases.isRunning(stored) || Phases.isTerminal(stored));
    return running != null && !seenRunning ? running : latest;
  }

  /** After the primary has stored {@code status}, which {@link #next} had returned. */
  PendingStatus written(@Nullable PodStatus status) {
    boolean shown = status != null && (status.equals(running) || status.equals(latest));
    return shown && running != null ? new PendingStatus(null, latest) : this;
  }
}
