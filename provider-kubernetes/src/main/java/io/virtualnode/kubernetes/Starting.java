package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.concurrent.CompletionStage;

/** Brings delegates into being where they are intended. */
final class Starting {

  private final Site site;
  private final Ending ending;

  Starting(Site site, Ending ending) {
    this.site = site;
    this.ending = ending;
  }

  /** Makes the delegate exist; a refusal is told on the proxy for as long as it lasts. */
  CompletionStage<Void> create(Pod pod, Forwarding forwarding, Intent intent) {
    return site.delegates()
        .create(pod, intent, forwarding.part() instanceof Scope.OfNode)
        .handle(
            (tombstone, failure) -> {
              if (failure == null) {
                synchronized (forwarding) {
                  tombstone.ifPresentOrElse(forwarding::tombstoneSeen, forwarding::accepted);
                }
                tombstone.ifPresent(grave -> site.node().requeue(forwarding.proxy()));
                return null;
              }
              var cause = Delegates.cause(failure);
              if (cause.reason() == Reason.UNAVAILABLE) {
                throw cause;
              }
              // The member's own words; tried again with back-off.
              var message = String.valueOf(cause.getMessage());
              site.node()
                  .podStatus(forwarding.proxy(), DelegateStatus.pending("MemberRefused", message));
              throw new ProviderException(Reason.UNAVAILABLE, "MemberRefused", message, cause);
            });
  }

  /** Asks the member for a delegate that it accepted and that its watch does not show. */
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
