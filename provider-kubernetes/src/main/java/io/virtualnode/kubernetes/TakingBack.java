package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.Forwarding.Step;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves delegates that have found no node in their member.
 *
 * <p>Deleted on condition that it has not changed, a delegate that was on no node has never run. A
 * tombstone under its name then keeps a late request from creating it again, and only after that
 * the intent moves. Whatever fails on the way, the next step is sound: a delegate that was deleted
 * may be created again in its place, one with a tombstone may not.
 */
final class TakingBack {

  private static final Logger log = LoggerFactory.getLogger(TakingBack.class);

  private final Site site;
  private final Placing placing;
  private final Starting starting;
  private final Ending ending;

  TakingBack(Site site, Placing placing, Starting starting, Ending ending) {
    this.site = site;
    this.placing = placing;
    this.starting = starting;
    this.ending = ending;
  }

  /** Takes the delegate back and starts it elsewhere, if there is room elsewhere. */
  CompletionStage<Void> takeBack(Pod pod, Forwarding forwarding, Step.TakeBack step) {
    var delegate = step.delegate();
    if (placing.elsewhere(placing.demand(pod, forwarding), delegate.member()).isEmpty()) {
      stays(forwarding, delegate);
      return Site.done();
    }
    log.info("taking {} of {} back: it has found no node", delegate, forwarding.proxy());
    synchronized (forwarding) {
      forwarding.takingBack(delegate.uid()); // its watch may tell of its end before the answer
    }
    return site.delegates()
        .takeBack(delegate, step.version())
        .handle((ignored, failure) -> failure)
        .thenCompose(
            failure -> {
              if (failure == null) {
                return move(pod, forwarding, step);
              }
              stays(forwarding, delegate);
              return Delegates.isGone(failure) // or has changed: a watch will tell
                  ? Site.done()
                  : CompletableFuture.failedFuture(Delegates.cause(failure));
            });
  }

  private CompletionStage<Void> move(Pod pod, Forwarding forwarding, Step.TakeBack step) {
    synchronized (forwarding) {
      forwarding.takenBack(step.delegate().uid());
    }
    site.account().update(ledger -> ledger.release(forwarding.proxy().uid()));
    return site.delegates()
        .entomb(step.intent(), forwarding.proxy())
        .thenCompose(
            tombstone -> {
              synchronized (forwarding) {
                forwarding.tombstoneSeen(tombstone);
              }
              return placing.place(pod, forwarding, java.util.Optional.of(step.intent()));
            })
        .thenCompose(
            intent ->
                intent
                    .map(stored -> starting.create(pod, forwarding, stored))
                    .orElseGet(Site::done));
  }

  private void stays(Forwarding forwarding, Forwarding.Delegate delegate) {
    synchronized (forwarding) {
      if (forwarding.notTakenBack()) {
        ending.giveUp(forwarding, "its delegate was deleted in the member by somebody else");
        return;
      }
    }
    remindOf(forwarding, delegate);
  }

  /** Looks again after a while whether the delegate has found a node. */
  void remindOf(Forwarding forwarding, Forwarding.Delegate delegate) {
    site.later(
        site.settings().get().takeBackAfter(),
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
