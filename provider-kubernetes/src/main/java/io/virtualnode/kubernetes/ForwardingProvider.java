package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.Forwarding.Removal;
import io.virtualnode.kubernetes.Forwarding.Sight;
import io.virtualnode.kubernetes.Forwarding.Step;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards the pods of a virtual node to member clusters.
 *
 * <p>A proxy is placed on a member node that has room, the choice is recorded on the proxy as an
 * {@link Intent}, and only then is the delegate created; from there on the member's watch tells the
 * proxy's status. What follows from what is known is decided by {@link Forwarding}; this class
 * takes the step. What the node offers is what the {@linkplain
 * io.virtualnode.kubernetes.capacity.Ledger ledger} says, at every change.
 *
 * <p>Thread-safe; no method blocks.
 */
public final class ForwardingProvider implements Provider, PodObserver {

  private static final Logger log = LoggerFactory.getLogger(ForwardingProvider.class);
  // How long the first offer waits for members that cannot be reached at the start.
  private static final Duration STARTUP_GRACE = Duration.ofSeconds(3);
  // How often a deletion is looked after that no watch can tell the end of.
  private static final Duration FOLLOW_UP = Duration.ofSeconds(2);

  private final Function<MemberSettings, KubernetesClient> clients;
  private final Forwardings forwardings = new Forwardings();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            var thread = new Thread(task, "vnode-account");
            thread.setDaemon(true);
            return thread;
          });
  private final Account account = new Account(timer, this::publish, this::decided);

  private volatile @Nullable Wiring wiring;

  private Configuration configuration; // guarded by this
  private boolean primarySynced; // guarded by this

  /** What exists once the node is known. */
  private record Wiring(
      NodeContext node,
      Members members,
      Delegates delegates,
      Orphans orphans,
      NodeReports reports,
      DelegatePod translation) {}

  /**
   * A provider that is not yet started.
   *
   * @param clients makes a client for a member; the provider closes it
   */
  public ForwardingProvider(
      Configuration configuration, Function<MemberSettings, KubernetesClient> clients) {
    this.configuration = configuration;
    this.clients = clients;
  }

  @Override
  public synchronized void start(NodeContext node) {
    var ownership = new Ownership(node.primaryUid(), node.nodeName());
    var settings = configuration.node();
    var translation =
        new DelegatePod(
            ownership,
            labelsOfNode(settings),
            settings.taints().stream().map(taint -> taint.getKey()).collect(Collectors.toSet()));
    var events = new MemberEvents(ownership, account, forwardings, new MemberEffects());
    var members = new Members(clients, events, timer);
    var delegates = new Delegates(members, translation);
    wiring =
        new Wiring(
            node,
            members,
            delegates,
            new Orphans(node, delegates, timer),
            new NodeReports(members::all, node::report),
            translation);
  }

  /** A selector for one of these was meant for the virtual node, not for a node of a member. */
  private static Map<String, String> labelsOfNode(NodeSettings settings) {
    var labels = new HashMap<>(settings.labels());
    labels.put("type", "virtual-kubelet");
    return labels;
  }

  /** Puts another list of members into force: members are added, connected anew, or retired. */
  public synchronized void reload(Configuration newest) {
    configuration = newest;
    if (primarySynced) {
      configureMembers();
    }
  }

  /** How many lines of the account differ from a full recount; anything but 0 is a bug. */
  public int drift() {
    return account.read(Ledger::drift);
  }

  // --- the primary's side

  @Override
  public void podObserved(Pod pod) {
    var proxy = PodKey.of(pod);
    var forwarding = forwardings.of(proxy);
    synchronized (forwarding) {
      forwarding.observed(pod);
      if (DelegateStatus.isTerminal(pod)) {
        account.update(ledger -> ledger.uncount(proxy.uid()));
        account.withdraw(proxy);
        return;
      }
      var request = Requests.of(pod);
      boolean daemon = isDaemon(pod);
      var slot = forwarding.slotByIntent();
      account.update(
          ledger -> {
            ledger.count(proxy.uid(), request);
            if (daemon) {
              ledger.credit(proxy.uid(), true);
            }
            slot.ifPresent(node -> ledger.reserve(proxy.uid(), node));
          });
    }
  }

  @Override
  public void podForgotten(PodKey proxy) {
    account.withdraw(proxy);
    account.update(ledger -> ledger.uncount(proxy.uid()));
    var forwarding = forwardings.find(proxy);
    if (forwarding != null) {
      synchronized (forwarding) {
        forwarding.forgotten();
        if (forwarding.hasRemains()) {
          wiring().orphans().removeIfOrphan(forwarding);
        } else if (forwarding.isGone()) {
          forwardings.forget(forwarding);
        }
      }
    }
  }

  /** Members are contacted now: what they have is told from what they lack once all is known. */
  @Override
  public synchronized void podsSynced() {
    primarySynced = true;
    wiring().reports().begin();
    configureMembers();
    account.update(ledger -> {});
    var unused =
        timer.schedule(
            () -> {
              wiring().reports().awaitMembersNoLonger();
              account.update(ledger -> {});
            },
            STARTUP_GRACE.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void configureMembers() {
    wiring().members().configure(configuration.members(), configuration.maxAge());
    timer.execute(() -> wiring().members().all().forEach(member -> dismissIfEmpty(member.name())));
  }

  @Override
  public CompletionStage<Void> apply(Pod pod) {
    var forwarding = forwardings.of(PodKey.of(pod));
    Step step;
    synchronized (forwarding) {
      step = forwarding.next(forwarding.intent().map(this::sight).orElse(Sight.NONE));
    }
    if (step instanceof Step.Show show) {
      node().podStatus(forwarding.proxy(), show.status());
    } else if (step instanceof Step.Place place) {
      return place(pod, forwarding, place.after());
    } else if (step instanceof Step.Create create) {
      return create(pod, forwarding, create.intent());
    } else if (step instanceof Step.TakeBack takeBack) {
      return takeBack(pod, forwarding, takeBack);
    } else if (step instanceof Step.LookFor lookFor) {
      return lookFor(forwarding, lookFor.intent());
    } else if (step instanceof Step.GiveUp giveUp) {
      giveUp(forwarding, giveUp.message());
    } else if (step instanceof Step.Await await) {
      return CompletableFuture.failedFuture(
          new ProviderException(Reason.UNAVAILABLE, await.message()));
    }
    return done();
  }

  private Sight sight(Intent intent) {
    var member = wiring().members().find(intent.member());
    if (member.isEmpty()
        || member.get().clusterUid().filter(uid -> !uid.equals(intent.clusterUid())).isPresent()) {
      return Sight.NONE;
    }
    return member.get().isFresh() ? Sight.FRESH : Sight.STALE;
  }

  private CompletionStage<Void> place(Pod pod, Forwarding forwarding, Optional<Intent> after) {
    var proxy = forwarding.proxy();
    var demand = demand(pod);
    // Where it came to nothing it may do so again: the last choice, not the first.
    var decision =
        account.place(
            proxy, after.flatMap(intent -> elsewhere(demand, intent.member())).orElse(demand));
    if (decision instanceof Decision.Placed placed) {
      return assign(pod, forwarding, placed.node(), after);
    }
    tellWhyItWaits(proxy, decision);
    return done();
  }

  /** The same demand on another member that has room for it now, if there is one. */
  private Optional<Demand> elsewhere(Demand demand, String member) {
    return demand.scope() instanceof Scope.Whole
        ? wiring().members().all().stream()
            .map(Member::name)
            .filter(name -> !name.equals(member))
            .sorted()
            .map(name -> demand.within(new Scope.OfMember(name)))
            .filter(account::hasRoom)
            .findFirst()
        : Optional.empty();
  }

  private Demand demand(Pod pod) {
    var constraints = wiring().translation().memberConstraints(pod.getSpec());
    return new Demand(
        pod.getMetadata().getUid(), Requests.of(pod), NodeRequirements.of(constraints));
  }

  private CompletionStage<Void> assign(
      Pod pod, Forwarding forwarding, NodeKey slot, Optional<Intent> after) {
    var proxy = forwarding.proxy();
    var cluster = wiring().members().find(slot.member()).flatMap(Member::clusterUid);
    if (cluster.isEmpty()) {
      account.update(ledger -> ledger.release(proxy.uid()));
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.UNAVAILABLE, "member %s has just been removed".formatted(slot.member())));
    }
    var intent =
        after
            .map(before -> before.next(slot.member(), cluster.get(), slot.node()))
            .orElseGet(() -> new Intent(slot.member(), cluster.get(), 0, slot.node()));
    if (pod.getStatus() != null && pod.getStatus().getReason() != null) {
      node().podStatus(proxy, DelegateStatus.pending()); // it no longer waits; travels with this:
    }
    return node()
        .record(proxy, intent.toCondition())
        .whenComplete(
            (stored, failure) -> {
              if (failure != null) {
                releaseUnlessIntended(forwarding, intent);
              }
            })
        .thenCompose(
            stored -> {
              synchronized (forwarding) {
                forwarding.intended(intent);
              }
              return create(pod, forwarding, intent);
            });
  }

  /** The record failed; but where only its answer was lost, the watch has shown the intent. */
  private void releaseUnlessIntended(Forwarding forwarding, Intent intent) {
    synchronized (forwarding) {
      if (!forwarding.intent().equals(Optional.of(intent))) {
        account.update(ledger -> ledger.release(forwarding.proxy().uid()));
      }
    }
  }

  private CompletionStage<Void> create(Pod pod, Forwarding forwarding, Intent intent) {
    return wiring()
        .delegates()
        .create(pod, intent)
        .handle(
            (tombstone, failure) -> {
              if (failure == null) {
                synchronized (forwarding) {
                  tombstone.ifPresentOrElse(forwarding::tombstoneSeen, forwarding::accepted);
                }
                tombstone.ifPresent(grave -> node().requeue(forwarding.proxy()));
                return null;
              }
              var cause = Delegates.cause(failure);
              if (cause.reason() == Reason.UNAVAILABLE) {
                throw cause;
              }
              // The member's own words, for as long as it refuses; tried again with back-off.
              var message = String.valueOf(cause.getMessage());
              node()
                  .podStatus(forwarding.proxy(), DelegateStatus.pending("MemberRefused", message));
              throw new ProviderException(Reason.UNAVAILABLE, "MemberRefused", message, cause);
            });
  }

  /**
   * Moves a delegate that has found no node. Whatever fails on the way, the next step is sound: a
   * delegate that was deleted may be created again in its place, one with a tombstone may not.
   */
  private CompletionStage<Void> takeBack(Pod pod, Forwarding forwarding, Step.TakeBack step) {
    var delegate = step.delegate();
    if (elsewhere(demand(pod), delegate.member()).isEmpty()) {
      stays(forwarding, delegate);
      return done();
    }
    log.info("taking {} of {} back: it has found no node", delegate, forwarding.proxy());
    return wiring()
        .delegates()
        .takeBack(delegate, step.version())
        .handle((ignored, failure) -> failure)
        .thenCompose(
            failure -> {
              if (failure != null) {
                stays(forwarding, delegate);
                return Delegates.isGone(failure)
                    ? done()
                    : CompletableFuture.failedFuture(Delegates.cause(failure));
              }
              synchronized (forwarding) {
                forwarding.takenBack(delegate.uid());
              }
              account.update(ledger -> ledger.release(forwarding.proxy().uid()));
              return wiring()
                  .delegates()
                  .entomb(step.intent(), forwarding.proxy())
                  .thenCompose(
                      tombstone -> {
                        synchronized (forwarding) {
                          forwarding.tombstoneSeen(tombstone);
                        }
                        return place(pod, forwarding, Optional.of(step.intent()));
                      });
            });
  }

  private void stays(Forwarding forwarding, Forwarding.Delegate delegate) {
    synchronized (forwarding) {
      forwarding.notTakenBack();
    }
    remindOf(forwarding, delegate);
  }

  /** Looks again after a while whether the delegate has found a node. */
  private void remindOf(Forwarding forwarding, Forwarding.Delegate delegate) {
    if (timer.isShutdown()) {
      return;
    }
    var unused =
        timer.schedule(
            () -> {
              boolean overdue;
              synchronized (forwarding) {
                overdue = forwarding.overdue(delegate.uid());
              }
              if (overdue) {
                node().requeue(forwarding.proxy());
              }
            },
            takeBackAfter().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private synchronized Duration takeBackAfter() {
    return configuration.placement().takeBackAfter();
  }

  private CompletionStage<Void> lookFor(Forwarding forwarding, Intent intent) {
    return wiring()
        .delegates()
        .find(intent, forwarding.proxy())
        .thenAccept(
            found -> {
              synchronized (forwarding) {
                if (found.isPresent()) {
                  forwarding.accepted();
                } else if (forwarding.delegate().isEmpty()) {
                  giveUp(
                      forwarding,
                      "its delegate on member %s was removed before it was seen to run"
                          .formatted(intent.member()));
                }
              }
            });
  }

  /** Ends a proxy whose delegate is no more. */
  private void giveUp(Forwarding forwarding, String message) {
    synchronized (forwarding) {
      node().podStatus(forwarding.proxy(), forwarding.lost(message));
      gone(forwarding);
    }
  }

  @Override
  public CompletionStage<Void> remove(PodKey proxy, Duration grace) {
    account.withdraw(proxy);
    var forwarding = forwardings.of(proxy);
    Removal removal;
    synchronized (forwarding) {
      removal = forwarding.removal();
      if (removal instanceof Removal.Done) {
        gone(forwarding);
        return done();
      }
      forwarding.removing();
    }
    var deletion =
        removal instanceof Removal.DeleteUnseen unseen
            ? wiring()
                .delegates()
                .deleteUnseen(unseen.intent(), proxy, grace)
                .thenRun(() -> followUp(forwarding, unseen.intent()))
            : wiring().delegates().delete(((Removal.Delete) removal).delegate(), grace);
    return deletion.handle(
        (ignored, failure) -> {
          if (failure != null) {
            if (!Delegates.isGone(failure)) {
              throw Delegates.cause(failure);
            }
            goneUnlessSeen(forwarding);
          }
          return null;
        });
  }

  private void goneUnlessSeen(Forwarding forwarding) {
    synchronized (forwarding) {
      // One that is still shown has another UID than was asked for, or its end is on the way.
      if (forwarding.isRemoving()) {
        gone(forwarding);
      }
    }
  }

  /** The end of a delegate that no watch shows has to be asked for. */
  private void followUp(Forwarding forwarding, Intent intent) {
    if (timer.isShutdown()) {
      return;
    }
    var unused =
        timer.schedule(
            () -> {
              synchronized (forwarding) {
                if (!forwarding.isRemoving() || forwarding.delegate().isPresent()) {
                  return; // it has gone, or a watch will tell
                }
              }
              wiring()
                  .delegates()
                  .find(intent, forwarding.proxy())
                  .whenComplete(
                      (found, failure) -> {
                        if (failure != null || found.isPresent()) {
                          followUp(forwarding, intent);
                        } else {
                          goneUnlessSeen(forwarding);
                        }
                      });
            },
            FOLLOW_UP.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Nothing is left in any member. Called with the forwarding locked. */
  private void gone(Forwarding forwarding) {
    forwarding.gone();
    account.update(ledger -> ledger.release(forwarding.proxy().uid()));
    if (!forwarding.isInPrimary() && !forwarding.hasRemains()) {
      forwardings.forget(forwarding);
    }
    node().podGone(forwarding.proxy());
  }

  @Override
  public void stop() {
    wiring().members().close(); // first: what its watches still say needs the timer
    timer.shutdown();
  }

  // --- the members' side

  /** What the members' watches lead to. */
  private final class MemberEffects implements MemberEvents.Effects {

    @Override
    public void delegateSeen(Forwarding forwarding, boolean first) {
      if (first && !forwarding.isBound()) {
        remindOf(forwarding, forwarding.delegate().orElseThrow());
      }
      if (forwarding.isInPrimary()) {
        forwarding.toShow().ifPresent(status -> node().podStatus(forwarding.proxy(), status));
      } else if (!forwarding.isRemoving()) {
        wiring().orphans().removeIfOrphan(forwarding);
      }
    }

    @Override
    public void tombstoneSeen(Forwarding forwarding) {
      if (!forwarding.isInPrimary()) {
        wiring().orphans().removeIfOrphan(forwarding);
      }
    }

    @Override
    public void delegateGone(Forwarding forwarding, String member) {
      if (forwarding.wouldBeLost()) {
        giveUp(forwarding, "its delegate was deleted in the member by somebody else");
      } else {
        gone(forwarding);
      }
      timer.execute(() -> dismissIfEmpty(member));
    }

    @Override
    public void freshnessChanged(Member member, boolean fresh) {
      boolean offers = fresh && wiring().members().isInForce(member);
      account.update(ledger -> ledger.setFresh(member.name(), offers));
      for (var forwarding : forwardings.all()) {
        synchronized (forwarding) {
          if (!forwarding.awaits(member.name())) {
            continue;
          }
          if (!fresh) {
            forwarding.outOfSight();
          }
        }
        if (fresh) {
          node().requeue(forwarding.proxy());
        }
      }
    }
  }

  private void dismissIfEmpty(String member) {
    var members = wiring().members();
    if (members.isRetired(member)
        && forwardings.all().stream().noneMatch(forwarding -> uses(forwarding, member))
        && members.dismiss(member)) {
      account.update(ledger -> ledger.removeMember(member));
    }
  }

  private static boolean uses(Forwarding forwarding, String member) {
    synchronized (forwarding) {
      return forwarding.uses(member);
    }
  }

  // --- the node

  private void decided(PodKey proxy, Decision decision) {
    if (decision instanceof Decision.Placed) {
      node().requeue(proxy);
    } else {
      tellWhyItWaits(proxy, decision);
    }
  }

  private void tellWhyItWaits(PodKey proxy, Decision decision) {
    if (decision instanceof Decision.Waits waits) {
      node().podStatus(proxy, DelegateStatus.pending("WaitingForSlot", waits.message()));
    } else if (decision instanceof Decision.NeverFits never) {
      node().podStatus(proxy, DelegateStatus.pending("FitsNoNode", never.message()));
    }
  }

  private void publish(Resources offer) {
    wiring().reports().publish(offer);
  }

  private static boolean isDaemon(Pod pod) {
    var owners = pod.getMetadata().getOwnerReferences();
    return owners != null
        && owners.stream()
            .anyMatch(
                o -> Boolean.TRUE.equals(o.getController()) && o.getKind().equals("DaemonSet"));
  }

  private NodeContext node() {
    return wiring().node();
  }

  private Wiring wiring() {
    var started = wiring;
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }

  private static CompletionStage<Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
