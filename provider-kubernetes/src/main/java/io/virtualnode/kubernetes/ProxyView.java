package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the primary shows of a proxy. Pure; used with the {@link Forwarding}'s monitor held. */
final class ProxyView {

  private boolean present;
  private boolean deleting;
  private boolean missing;
  private @Nullable Intent intent;
  private boolean unreadable;
  private boolean inherited;
  private @Nullable PodStatus shown;
  private boolean ran;

  /** The primary shows it; returns whether its intent is another than before. */
  boolean observed(Pod pod) {
    present = true;
    missing = false;
    deleting = pod.getMetadata().getDeletionTimestamp() != null;
    shown = pod.getStatus();
    ran |= shown != null && shown.getStartTime() != null;
    try {
      var newest = Intent.of(pod).filter(this::isNewer);
      unreadable = false;
      inherited |= newest.isPresent();
      intent = newest.orElse(intent);
      return newest.isPresent();
    } catch (IllegalArgumentException e) {
      unreadable = true;
      return false;
    }
  }

  /** Of the same attempt, only one prevails: it is another's if it is not ours. */
  private boolean isNewer(Intent stored) {
    return intent == null
        || stored.attempt() > intent.attempt()
        || (stored.attempt() == intent.attempt()
            && !stored.delegateUid().equals(intent.delegateUid()));
  }

  /** It has stored that intent, which is this process's. */
  void intended(Intent stored) {
    intent = stored;
    inherited = false;
  }

  /** The intent's member is called otherwise now. */
  void rename(Intent renamed) {
    intent = renamed;
  }

  /** It no longer has the proxy; see {@link Forwarding#forgotten}. */
  void forgotten(boolean witnessed) {
    present = false;
    missing = !witnessed && !deleting;
  }

  boolean isPresent() {
    return present;
  }

  boolean isDeleting() {
    return deleting;
  }

  /** Whether it went without being deleted, as far as anybody saw. */
  boolean isMissing() {
    return missing;
  }

  boolean isTerminal() {
    return shown != null && DelegateStatus.isTerminal(shown.getPhase());
  }

  Optional<Intent> intent() {
    return Optional.ofNullable(intent);
  }

  /** Whether the intent is not known to be this process's own. */
  boolean isInherited() {
    return inherited;
  }

  /** Whether there is an intent that this version cannot read. */
  boolean isUnreadable() {
    return unreadable;
  }

  /** Its status; empty before it was seen. */
  Optional<PodStatus> shown() {
    return Optional.ofNullable(shown);
  }

  /** Whether it says that nobody knows how its delegate is. */
  boolean saysOutOfSight() {
    return shown != null && DelegateStatus.isOutOfSight(shown);
  }

  /** Whether it has, or had, a status that only a delegate can have told. */
  boolean hasRun() {
    return ran;
  }
}
