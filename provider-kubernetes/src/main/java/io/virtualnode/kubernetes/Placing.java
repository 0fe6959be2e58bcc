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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Finds proxies a slot and has their delegates started there, or says why they wait. */
final class Placing {

  private static final String UNREADABLE = "IntentUnreadable";

  private final Site site;
  private final Starting starting;

  Placing(Site site, Starting starting) {
    this.site = site;
    this.starting = starting;
  }

  /**
   * Places a proxy, and starts its delegate where it was placed.
   *
   * @param after the intent that came to nothing, if there was one
   * @return completes when it runs there as far as is known, or waits. Fails with {@code REJECTED}
   *     if it is not to wait any longer
   */
  CompletionStage<Void> place(Pod pod, Forwarding forwarding, Optional<Intent> after) {
    var proxy = forwarding.proxy();
    var demand = demand(pod, forwarding);
    var preferred = preferred(forwarding, demand, after);
    var decision = site.account().place(proxy, preferred);
    if (!(decision instanceof Decision.Placed) && !preferred.equals(demand)) {
      decision = site.account().place(proxy, demand); // that room has gone in between
    }
    if (decision instanceof Decision.Placed placed && leaves(proxy, placed.node())) {
      decision = site.account().place(proxy, demand);
    }
    if (decision instanceof Decision.Placed placed) {
      return bringAbout(pod, forwarding, placed.node(), after);
    }
    var rejection = rejection(forwarding, decision, demand);
    if (rejection.isPresent()) {
      site.account().withdraw(proxy);
      return CompletableFuture.failedFuture(rejection.get());
    }
    tellWhyItWaits(forwarding, decision);
    return Site.done();
  }

  /** Gives up a slot in a member that is drained, unless something of the proxy is there. */
  private boolean leaves(PodKey proxy, NodeKey slot) {
    if (!site.members().isDraining(slot.member())) {
      return false;
    }
    release(proxy);
    return site.account().read(ledger -> ledger.slot(proxy.uid())).isEmpty();
  }

  /** Where it came to nothing it may do so again: the last choice, not the first. */
  private Demand preferred(Forwarding forwarding, Demand demand, Optional<Intent> after) {
    var refusals = refusals(forwarding);
    if (!refusals.isEmpty()) {
      return onOneOf(demand, name -> !refusals.contains(name)).orElse(demand);
    }
    return after.flatMap(intent -> elsewhere(demand, intent.member())).orElse(demand);
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
    return onOneOf(demand, name -> !name.equals(member));
  }

  /** The same demand on the first such member that has room for it, if the pod may go to any. */
  private Optional<Demand> onOneOf(Demand demand, Predicate<String> members) {
    return demand.scope() instanceof Scope.Whole
        ? site.members().all().stream()
            .map(Member::name)
            .filter(members)
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

  /**
   * Says of a proxy that another version of this program has to see to it.
   *
   * @return fails, so that it is looked at again and an event says why
   */
  CompletionStage<Void> leaveAlone(Forwarding forwarding, String message) {
    synchronized (forwarding) {
      forwarding
          .shown()
          .map(last -> DelegateStatus.outOfSight(last, UNREADABLE, message))
          .ifPresent(status -> site.node().podStatus(forwarding.proxy(), status));
    }
    return CompletableFuture.failedFuture(
        new ProviderException(Reason.UNAVAILABLE, UNREADABLE, message));
  }

  private CompletionStage<Void> bringAbout(
      Pod pod, Forwarding forwarding, NodeKey slot, Optional<Intent> after) {
    var proxy = forwarding.proxy();
    var cluster =
        site.members().find(slot.member()).flatMap(Member::identity).map(ClusterIdentity::uid);
    if (cluster.isEmpty()) {
      release(proxy);
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.UNAVAILABLE, "member %s has just been removed".formatted(slot.member())));
    }
    var intent = unburied(forwarding, slot, cluster.get(), after);
    return starting
        .bringAbout(pod, forwarding, intent)
        .handle((nothing, failure) -> failure)
        .thenCompose(
            failure ->
                failure == null
                    ? Site.done()
                    : failed(pod, forwarding, slot, after, Delegates.cause(failure)));
  }

  /** The first that no tombstone stands in the way of. */
  private static Intent unburied(
      Forwarding forwarding, NodeKey slot, String cluster, Optional<Intent> after) {
    var intent =
        after
            .map(before -> before.next(slot.member(), cluster, slot.node()))
            .orElseGet(() -> new Intent(slot.member(), cluster, 0, slot.node()));
    synchronized (forwarding) {
      while (forwarding.isBuried(intent)) {
        intent = intent.next(slot.member(), cluster, slot.node());
      }
    }
    return intent;
  }

  private CompletionStage<Void> failed(
      Pod pod,
      Forwarding forwarding,
      NodeKey slot,
      Optional<Intent> after,
      ProviderException cause) {
    return switch (cause.reason()) {
      case CONFLICT -> CompletableFuture.failedFuture(cause); // the proxy has changed; soon again
      case UNAVAILABLE -> {
        boolean named;
        synchronized (forwarding) {
          named = !forwarding.mayIntend();
        }
        if (!named && site.members().find(slot.member()).filter(Member::isFresh).isEmpty()) {
          release(forwarding.proxy()); // what was created there, if it was, nobody starts
        }
        yield CompletableFuture.failedFuture(cause);
      }
      case INVALID, REJECTED, NOT_FOUND -> {
        release(forwarding.proxy());
        synchronized (forwarding) {
          forwarding
              .creation()
              .refusedBy(slot.member(), String.valueOf(cause.getMessage())); // its own words
        }
        yield refused(pod, forwarding, after, cause);
      }
    };
  }

  /** Another member is tried; after the last one, all again with back-off. */
  private CompletionStage<Void> refused(
      Pod pod, Forwarding forwarding, Optional<Intent> after, ProviderException cause) {
    var refusals = refusals(forwarding);
    if (onOneOf(demand(pod, forwarding), name -> !refusals.contains(name)).isPresent()) {
      return place(pod, forwarding, after);
    }
    String message;
    synchronized (forwarding) {
      message = forwarding.creation().refusalsInWords();
      forwarding.creation().askAllAgain();
    }
    site.node().podStatus(forwarding.proxy(), DelegateStatus.pending("MemberRefused", message));
    return CompletableFuture.failedFuture(
        new ProviderException(Reason.UNAVAILABLE, "MemberRefused", message, cause));
  }

  private static Set<String> refusals(Forwarding forwarding) {
    synchronized (forwarding) {
      return forwarding.creation().refusals();
    }
  }

  private void release(PodKey proxy) {
    site.account().update(ledger -> ledger.release(proxy.uid()));
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
