package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.ProviderException.Reason;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves delegates that have found no node in their member.
 *
 * <p>Deleted on condition that it has not changed, a delegate that was on no node has never run. It
 * was marked before ({@link io.virtualnode.kubernetes.delegate.TakeBackMark}), so it stays to show
 * that to whoever has to know: this process, if the answer is lost, or the next one. Then the
 * intent moves, and what was taken back is let go.
 */
final class TakingBack {

  private static final Logger log = LoggerFactory.getLogger(TakingBack.class);

  // How often it is looked whether there is room elsewhere, while the member is drained.
  private static final Duration SOON = Duration.ofSeconds(3);

  private final Site site;
  private final Placing placing;

  TakingBack(Site site, Placing placing) {
    this.site = site;
    this.placing = placing;
  }

  /** Takes the delegate back and starts it elsewhere, if there is room elsewhere. */
  CompletionStage<Void> takeBack(Pod pod, Forwarding forwarding, Step.TakeBack step) {
    var delegate = step.delegate();
    if (placing.elsewhere(placing.demand(pod, forwarding), delegate.member()).isEmpty()) {
      stays(forwarding, delegate);
      return Site.done();
    }
    log.info("taking {} of {} back: it has found no node", delegate, forwarding.proxy());
    return site.delegates()
        .takeBack(delegate, step.version())
        .handle((ignored, failure) -> failure)
        .thenCompose(
            failure -> {
              if (failure == null) {
                synchronized (forwarding) {
                  forwarding.takenBack(delegate);
                }
                site.account().update(ledger -> ledger.release(forwarding.proxy().uid()));
                return placing.place(pod, forwarding, Optional.of(step.intent()));
              }
              stays(forwarding, delegate); // as far as is known: a watch will tell
              if (Delegates.cause(failure).reason() == Reason.UNAVAILABLE) {
                return CompletableFuture.failedFuture(Delegates.cause(failure));
              }
              log.info("{} is not taken back: {}", delegate, failure.getMessage());
              return Site.done();
            });
  }

  private void stays(Forwarding forwarding, Forwarding.Delegate delegate) {
    synchronized (forwarding) {
      forwarding.notTakenBack();
      if (forwarding.isToBeStarted()) {
        site.node().requeue(forwarding.proxy());
      }
    }
    remindOf(forwarding, delegate);
  }

  /** Takes back at once what has found no node yet in that member, which is drained. */
  void hurry(String member) {
    for (var forwarding : site.forwardings().all()) {
      boolean waits;
      synchronized (forwarding) {
        waits =
            forwarding
                .delegate()
                .filter(delegate -> delegate.member().equals(member))
                .filter(delegate -> forwarding.overdue(delegate.uid()))
                .isPresent();
      }
      if (waits) {
        site.node().requeue(forwarding.proxy());
      }
    }
  }

  /** Looks again after a while whether the delegate has found a node. */
  void remindOf(Forwarding forwarding, Forwarding.Delegate delegate) {
    var usual = site.settings().get().takeBackAfter();
    boolean soon = site.members().isDraining(delegate.member()) && usual.compareTo(SOON) > 0;
    site.later(
        soon ? SOON : usual,
        () -> {
          boolean overdue;
          synchronized (forwarding) {
            overdue = forwarding.overdue(delegate.uid());
          }
          if (overdue) {
            site.node().requeue(forwarding.proxy());
          }
        });
  }
}
