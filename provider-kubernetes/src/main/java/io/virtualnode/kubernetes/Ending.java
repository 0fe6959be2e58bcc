package io.virtualnode.kubernetes;

import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.delegate.Intent;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends forwardings: asks for a delegate's deletion, and tells when nothing is left. */
final class Ending {

  private static final Logger log = LoggerFactory.getLogger(Ending.class);

  // How often a deletion is looked after that no watch can tell the end of.
  private static final Duration FOLLOW_UP = Duration.ofSeconds(2);

  private static final Duration RETRY = Duration.ofSeconds(5);
  // What a pod has that does not say how long it needs to end.
  private static final Duration FORGOTTEN_GRACE = Duration.ofSeconds(30);

  private final Site site;

  Ending(Site site) {
    this.site = site;
  }

  /** Ends what there is, or may be, of a proxy. Completes when that is accepted. */
  CompletionStage<Void> remove(Forwarding forwarding, Duration grace) {
    Removal removal;
    synchronized (forwarding) {
      removal = forwarding.removal();
      if (removal instanceof Removal.Done) {
        gone(forwarding);
        return Site.done();
      }
      if (removal instanceof Removal.Unreadable unreadable) {
        return CompletableFuture.failedFuture(
            new ProviderException(Reason.UNAVAILABLE, unreadable.message()));
      }
      forwarding.removing();
    }
    var deletion =
        removal instanceof Removal.DeleteUnseen unseen
            ? site.delegates()
                .deleteUnseen(unseen.intent(), forwarding.proxy(), grace)
                .thenRun(() -> followUp(forwarding, unseen.intent()))
            : site.delegates().delete(((Removal.Delete) removal).delegate(), grace);
    return deletion.handle(
        (ignored, failure) -> {
          if (failure != null) {
            if (!Delegates.isGone(failure)) {
              throw Delegates.cause(failure);
            }
            goneIfRemoving(forwarding);
          }
          return null;
        });
  }

  /** Ends a delegate whose proxy somebody else has ended. */
  void end(Forwarding forwarding) {
    remove(forwarding, FORGOTTEN_GRACE)
        .exceptionally(
            failure -> {
              log.warn("{} cannot be ended yet: {}", forwarding.proxy(), failure.toString());
              site.later(RETRY, () -> endAgain(forwarding));
              return null;
            });
  }

  private void endAgain(Forwarding forwarding) {
    boolean still;
    synchronized (forwarding) {
      still = forwarding.isInPrimary() && forwarding.runs();
    }
    if (still) {
      end(forwarding);
    }
  }

  /** Ends a proxy whose delegate is no more. */
  void giveUp(Forwarding forwarding, String message) {
    synchronized (forwarding) {
      site.node().podStatus(forwarding.proxy(), forwarding.lost(message));
      gone(forwarding);
    }
  }

  /** Nothing is left in any member. Called with the forwarding locked. */
  void gone(Forwarding forwarding) {
    forwarding.gone();
    site.account().update(ledger -> ledger.release(forwarding.proxy().uid()));
    site.node().podGone(forwarding.proxy()); // before it is forgotten whose the proxy was
    if (!forwarding.isInPrimary() && !forwarding.hasRemains()) {
      site.forwardings().forget(forwarding);
    }
  }

  private void goneIfRemoving(Forwarding forwarding) {
    synchronized (forwarding) {
      if (forwarding.isRemoving()) {
        gone(forwarding);
      }
    }
  }

  /** The end of a delegate that no watch shows has to be asked for. */
  private void followUp(Forwarding forwarding, Intent intent) {
    site.later(FOLLOW_UP, () -> lookAfter(forwarding, intent));
  }

  private void lookAfter(Forwarding forwarding, Intent intent) {
    synchronized (forwarding) {
      if (!forwarding.isRemoving() || forwarding.delegate().isPresent()) {
        return; // it has gone, or a watch will tell
      }
    }
    site.delegates()
        .find(intent, forwarding.proxy())
        .whenComplete(
            (found, failure) -> {
              if (failure != null || found.isPresent()) {
                followUp(forwarding, intent);
              } else {
                goneIfRemoving(forwarding);
              }
            });
  }
}
