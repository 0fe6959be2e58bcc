package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.delegate.StartGate;
import io.virtualnode.kubernetes.delegate.TakeBackMark;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes delegates that nobody has started and that are not the intended ones: requests that came
 * late have created them, or a decision that did not prevail. Lets go of those that were taken back
 * and need not be known of any more.
 *
 * <p>Each is deleted on condition that it has not changed since it was seen unstarted, so that none
 * is that somebody has started meanwhile; and only when no intent can come to name it any more.
 */
final class Discarding {

  private static final Logger log = LoggerFactory.getLogger(Discarding.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final Site site;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet(); // UIDs

  Discarding(Site site) {
    this.site = site;
  }

  /** What was created for the proxy and is of no use goes, until it is known to have gone. */
  void discardAbandoned(Forwarding forwarding) {
    List<Forwarding.Delegate> abandoned;
    synchronized (forwarding) {
      abandoned = forwarding.takeAbandoned();
    }
    abandoned.forEach(delegate -> discardSurely(forwarding, delegate));
  }

  /** As {@link #discard}, until it is known to have gone; once at a time. */
  void discardSurely(Forwarding forwarding, Forwarding.Delegate delegate) {
    surely(delegate, () -> discard(forwarding, delegate));
  }

  /** Takes the mark off a delegate that is not taken back. */
  void letGoSurely(Forwarding.Delegate delegate) {
    surely(delegate, () -> site.delegates().letGo(delegate));
  }

  /** Until it has worked; not to be called with a forwarding locked. */
  private void surely(Forwarding.Delegate delegate, Supplier<CompletionStage<Void>> task) {
    if (underWay.add(delegate.uid())) {
      again(delegate, task);
    }
  }

  private void again(Forwarding.Delegate delegate, Supplier<CompletionStage<Void>> task) {
    task.get()
        .whenComplete(
            (nothing, failure) -> {
              if (failure == null || site.members().find(delegate.member()).isEmpty()) {
                underWay.remove(delegate.uid());
              } else {
                log.debug("{} cannot be discarded yet: {}", delegate, failure.toString());
                site.later(RETRY, () -> again(delegate, task));
              }
            });
  }

  /**
   * Once.
   *
   * @return completes when it is gone, has been started, or is intended after all; fails with
   *     {@code UNAVAILABLE} if it has to be tried again
   */
  CompletionStage<Void> discard(Forwarding forwarding, Forwarding.Delegate delegate) {
    return site.delegates()
        .look(delegate)
        .thenCompose(found -> discardIfUseless(forwarding, delegate, found));
  }

  private CompletionStage<Void> discardIfUseless(
      Forwarding forwarding, Forwarding.Delegate delegate, Optional<Pod> found) {
    if (found.filter(TakeBackMark::isProof).isPresent()) {
      synchronized (forwarding) {
        if (forwarding.isNeeded(delegate)) {
          return Site.done();
        }
      }
      log.info("letting {} go, which {} has no use for", delegate, forwarding.proxy());
      return site.delegates().letGo(delegate);
    }
    var unstarted = found.filter(StartGate::isShut);
    synchronized (forwarding) {
      if (forwarding.isIntended(delegate)) {
        return Site.done();
      }
      if (unstarted.isEmpty()) {
        forwarding.delegateGone(delegate.uid());
        return Site.done();
      }
    }
    log.info("discarding {}, which {} has no use for", delegate, forwarding.proxy());
    return site.delegates()
        .deleteUnchanged(delegate, unstarted.get().getMetadata().getResourceVersion())
        .handle(
            (nothing, failure) -> {
              if (failure != null) { // gone or changed: the next look tells
                throw new ProviderException(
                    Reason.UNAVAILABLE, String.valueOf(failure.getMessage()), failure);
              }
              synchronized (forwarding) {
                forwarding.discarded(delegate.uid());
              }
              site.node().requeue(forwarding.proxy());
              return null;
            });
  }
}
