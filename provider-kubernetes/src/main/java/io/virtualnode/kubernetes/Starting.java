package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.Delegates.Found;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Brings delegates into being: creates one that nobody has started, stores its UID in the proxy's
 * intent, and then starts it.
 *
 * <p>Whatever is killed or late between these steps: a pod that no stored intent names is never
 * started, and at most one is ever named that may have been.
 */
final class Starting {

  private final Site site;
  private final Ending ending;
  private final Discarding discarding;

  Starting(Site site, Ending ending, Discarding discarding) {
    this.site = site;
    this.ending = ending;
    this.discarding = discarding;
  }

  /**
   * All three steps; those that were taken before are not taken again.
   *
   * @param intent where the delegate is to be; not stored yet, and without its UID
   * @return fails with {@code INVALID}, {@code REJECTED} or {@code NOT_FOUND} if the member refuses
   *     it, with {@code UNAVAILABLE} or {@code CONFLICT} if it has to be tried again
   */
  CompletionStage<Void> bringAbout(Pod pod, Forwarding forwarding, Intent intent) {
    var name = intent.delegateName(forwarding.proxy());
    synchronized (forwarding) {
      forwarding.creating(intent.member(), name);
    }
    discarding.discardAbandoned(forwarding);
    return created(pod, forwarding, intent)
        .thenCompose(
            delegate ->
                store(pod, forwarding, intent.naming(delegate.uid()))
                    .thenCompose(nothing -> start(forwarding, delegate)));
  }

  private CompletionStage<Forwarding.Delegate> created(
      Pod pod, Forwarding forwarding, Intent intent) {
    synchronized (forwarding) {
      var before = forwarding.creation().made();
      if (before.isPresent()) {
        return CompletableFuture.completedFuture(before.get());
      }
    }
    return site.delegates()
        .create(pod, intent, forwarding.part() instanceof Scope.OfNode)
        .thenCompose(found -> taken(forwarding, found));
  }

  private CompletionStage<Forwarding.Delegate> taken(Forwarding forwarding, Found found) {
    if (found instanceof Found.Created created) {
      synchronized (forwarding) {
        forwarding.creation().made(created.delegate());
      }
      return CompletableFuture.completedFuture(created.delegate());
    }
    if (found instanceof Found.Earlier earlier) {
      // Started, under an intent that the primary has lost, it is the proxy's delegate. Not
      // started, it is as good as another one; an intent that names it may be under way, so nobody
      // discards it.
      if (earlier.shut()) {
        synchronized (forwarding) {
          forwarding.creation().made(earlier.delegate());
        }
      }
      return CompletableFuture.completedFuture(earlier.delegate());
    }
    var grave = (Found.Grave) found;
    synchronized (forwarding) {
      forwarding.tombstoneSeen(grave.tombstone());
    }
    return CompletableFuture.failedFuture(
        new ProviderException(Reason.UNAVAILABLE, "a tombstone is at " + grave.tombstone()));
  }

  private CompletionStage<Void> store(Pod pod, Forwarding forwarding, Intent intent) {
    var proxy = forwarding.proxy();
    synchronized (forwarding) {
      if (!forwarding.mayIntend()) {
        return CompletableFuture.failedFuture(
            new ProviderException(Reason.CONFLICT, proxy + " has come to have another intent"));
      }
    }
    if (pod.getStatus() != null && pod.getStatus().getReason() != null) {
      site.node().podStatus(proxy, DelegateStatus.pending()); // it no longer waits; one write with:
    }
    return site.node()
        .record(proxy, intent.toCondition())
        .handle(
            (stored, failure) -> {
              if (failure != null) {
                throw notStored(Delegates.cause(failure));
              }
              synchronized (forwarding) {
                forwarding.intended(intent);
              }
              return null;
            });
  }

  /** It is the primary's doing and no member's: nobody refuses the delegate by that. */
  private static ProviderException notStored(ProviderException cause) {
    return cause.reason() == Reason.CONFLICT
        ? cause
        : new ProviderException(Reason.UNAVAILABLE, String.valueOf(cause.getMessage()), cause);
  }

  /**
   * Starts the delegate, unless its proxy is to end. Whatever fails, it is this one that is tried
   * again: it is the intended one.
   */
  CompletionStage<Void> start(Forwarding forwarding, Forwarding.Delegate delegate) {
    synchronized (forwarding) {
      if (!forwarding.mayStart(delegate)) {
        return Site.done();
      }
    }
    return site.delegates()
        .start(delegate)
        .handle(
            (nothing, failure) -> {
              if (failure == null) {
                synchronized (forwarding) {
                  forwarding.accepted();
                }
              } else if (Delegates.isGone(failure)) {
                goneBeforeItRan(forwarding, delegate);
              } else {
                var cause = Delegates.cause(failure);
                throw new ProviderException(
                    Reason.UNAVAILABLE,
                    cause.podReason(),
                    String.valueOf(cause.getMessage()),
                    cause);
              }
              return null;
            });
  }

  /** Nobody can say whether it ran: an earlier request to start it may have come through. */
  private void goneBeforeItRan(Forwarding forwarding, Forwarding.Delegate delegate) {
    synchronized (forwarding) {
      if (forwarding.isTakenBack(delegate.uid())) {
        site.node().requeue(forwarding.proxy());
      } else if (forwarding.mayStart(delegate)) { // else its end is our own doing
        ending.giveUp(forwarding, "its delegate was deleted in the member by somebody else");
      }
    }
  }

  /** Asks the member for a delegate that it started and that its watch does not show. */
  CompletionStage<Void> lookFor(Forwarding forwarding, Intent intent) {
    return site.delegates()
        .find(intent, forwarding.proxy())
        .thenAccept(
            found -> {
              synchronized (forwarding) {
                if (found.isPresent()) {
                  forwarding.accepted();
                } else if (forwarding.delegate().isEmpty()) {
                  ending.giveUp(
                      forwarding,
                      "its delegate on member %s was removed before it was seen to run"
                          .formatted(intent.member()));
                }
              }
            });
  }
}
