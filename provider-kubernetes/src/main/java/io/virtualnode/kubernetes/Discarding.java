package io.virtualnode.kubernetes;

import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes delegates that nobody has started and that are not the intended ones: requests that came
 * late have created them, or a decision that did not prevail.
 *
 * <p>Each on condition that it has not changed since it was seen unstarted, so that none is deleted
 * that somebody has started meanwhile.
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

  /** Until it has worked; not to be called with a forwarding locked. */
  void discardSurely(Forwarding forwarding, Forwarding.Delegate delegate) {
    if (underWay.add(delegate.uid())) {
      again(forwarding, delegate);
    }
  }

  private void again(Forwarding forwarding, Forwarding.Delegate delegate) {
    discard(forwarding, delegate)
        .whenComplete(
            (nothing, failure) -> {
              if (failure == null || site.members().find(delegate.member()).isEmpty()) {
                underWay.remove(delegate.uid());
              } else {
                log.debug("{} cannot be discarded yet: {}", delegate, failure.toString());
                site.later(RETRY, () -> again(forwarding, delegate));
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
        .versionWhereShut(delegate)
        .thenCompose(version -> deleteIfUseless(forwarding, delegate, version));
  }

  private CompletionStage<Void> deleteIfUseless(
      Forwarding forwarding, Forwarding.Delegate delegate, Optional<String> version) {
    synchronized (forwarding) {
      if (forwarding.isIntended(delegate)) {
        return Site.done();
      }
      if (version.isEmpty()) {
        forwarding.delegateGone(delegate.uid());
        return Site.done();
      }
    }
    log.info("discarding {}, which {} has no use for", delegate, forwarding.proxy());
    return site.delegates()
        .takeBack(delegate, version.get())
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
