package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.PlacementSettings.Unfit;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Finds proxies a slot and stores it as their intent, or says why they wait. */
final class Placing {

  private final Site site;

  Placing(Site site) {
    this.site = site;
  }

  /**
   * Places a proxy.
   *
   * @param after the intent that came to nothing, if there was one
   * @return the intent that is stored now; empty if the proxy waits. Fails with {@code REJECTED} if
   *     it is not to wait any longer
   */
  CompletionStage<Optional<Intent>> place(Pod pod, Forwarding forwarding, Optional<Intent> after) {
    var proxy = forwarding.proxy();
    var demand = demand(pod, forwarding);
    // Where it came to nothing it may do so again: the last choice, not the first.
    var decision =
        site.account()
            .place(
                proxy, after.flatMap(intent -> elsewhere(demand, intent.member())).orElse(demand));
    if (decision instanceof Decision.Placed placed) {
      return assign(pod, forwarding, placed.node(), after).thenApply(Optional::of);
    }
    var rejection = rejection(forwarding, decision, demand);
    if (rejection.isPresent()) {
      site.account().withdraw(proxy);
      return CompletableFuture.failedFuture(rejection.get());
    }
    tellWhyItWaits(forwarding, decision);
    return CompletableFuture.completedFuture(Optional.empty());
  }

  /** What a proxy asks for, in the part of the members that its virtual node stands for. */
  Demand demand(Pod pod, Forwarding forwarding) {
    return demand(pod).within(forwarding.part());
  }

  /** What a pod asks for that is not bound. */
  Demand demand(Pod pod) {
    return demand(pod, site.translation());
  }

  static Demand demand(Pod pod, DelegatePod translation) {
    var constraints = translation.memberConstraints(pod.getSpec());
    return new Demand(
        pod.getMetadata().getUid(), Requests.ofSpec(pod), NodeRequirements.of(constraints));
  }

  /** The same demand on another member that has room for it now, if there is one. */
  Optional<Demand> elsewhere(Demand demand, String member) {
    return demand.scope() instanceof Scope.Whole
        ? site.members().all().stream()
            .map(Member::name)
            .filter(name -> !name.equals(member))
            .sorted()
            .map(name -> demand.within(new Scope.OfMember(name)))
            .filter(site.account()::hasRoom)
            .findFirst()
        : Optional.empty();
  }

  /** The decision for a proxy that waits is of another kind than before. */
  void decided(PodKey proxy, Decision decision) {
    var forwarding = site.forwardings().find(proxy);
    if (forwarding == null) {
      return;
    }
    if (decision instanceof Decision.Placed || site.settings().get().unfit() == Unfit.REJECT) {
      site.node().requeue(proxy);
    } else {
      tellWhyItWaits(forwarding, decision);
    }
  }

  private CompletionStage<Intent> assign(
      Pod pod, Forwarding forwarding, NodeKey slot, Optional<Intent> after) {
    var proxy = forwarding.proxy();
    var cluster =
        site.members().find(slot.member()).flatMap(Member::identity).map(ClusterIdentity::uid);
    if (cluster.isEmpty()) {
      site.account().update(ledger -> ledger.release(proxy.uid()));
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.UNAVAILABLE, "member %s has just been removed".formatted(slot.member())));
    }
    var intent =
        after
            .map(before -> before.next(slot.member(), cluster.get(), slot.node()))
            .orElseGet(() -> new Intent(slot.member(), cluster.get(), 0, slot.node()));
    if (pod.getStatus() != null && pod.getStatus().getReason() != null) {
      site.node().podStatus(proxy, DelegateStatus.pending()); // it no longer waits; one write with:
    }
    return site.node()
        .record(proxy, intent.toCondition())
        .handle(
            (stored, failure) -> {
              synchronized (forwarding) {
                if (failure == null) {
                  forwarding.intended(intent);
                } else if (!forwarding.intent().equals(Optional.of(intent))) {
                  // Had only the answer been lost, the watch might have shown the intent.
                  site.account().update(ledger -> ledger.release(proxy.uid()));
                }
              }
              if (failure != null) {
                throw Delegates.cause(failure);
              }
              return intent;
            });
  }

  private void tellWhyItWaits(Forwarding forwarding, Decision decision) {
    var proxy = forwarding.proxy();
    if (decision instanceof Decision.Waits waits) {
      synchronized (forwarding) {
        forwarding.mayFit();
      }
      site.node().podStatus(proxy, DelegateStatus.unplaced("WaitingForSlot", waits.message()));
    } else if (decision instanceof Decision.NeverFits never) {
      boolean first;
      synchronized (forwarding) {
        first = forwarding.fitsNowhereSince(System.nanoTime());
      }
      if (first) {
        site.settings()
            .get()
            .failAfter()
            .ifPresent(delay -> site.later(delay, () -> site.node().requeue(proxy)));
      }
      site.node().podStatus(proxy, DelegateStatus.unplaced("FitsNoNode", never.message()));
    }
  }

  /** Why a proxy is failed instead of waiting, as a kubelet words it; empty if it waits. */
  private Optional<ProviderException> rejection(
      Forwarding forwarding, Decision decision, Demand demand) {
    var settings = site.settings().get();
    if (decision instanceof Decision.Waits waits
        && settings.unfit() == Unfit.REJECT
        && waits.held().isPresent()) { // without any node in use, nothing is known to reject it by
      return Optional.of(rejected(demand, waits.message()));
    }
    if (decision instanceof Decision.NeverFits never && settings.failAfter().isPresent()) {
      Optional<Duration> waited;
      synchronized (forwarding) {
        waited = forwarding.hasFitNowhereFor(System.nanoTime());
      }
      if (waited.filter(time -> time.compareTo(settings.failAfter().get()) >= 0).isPresent()) {
        return Optional.of(rejected(demand, never.message()));
      }
    }
    return Optional.empty();
  }

  private ProviderException rejected(Demand demand, String message) {
    var reason = site.account().explain(demand).podReason();
    return new ProviderException(Reason.REJECTED, reason, "Pod was rejected: " + message, null);
  }
}
