package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.Forwarding.Sight;
import io.virtualnode.kubernetes.Forwarding.Step;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.account.Offers;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.SlotCollector;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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

  // How long the first offer waits for members that cannot be reached at the start.
  private static final Duration STARTUP_GRACE = Duration.ofSeconds(3);

  private final Function<MemberSettings, KubernetesClient> clients;
  private final Forwardings forwardings = new Forwardings();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            var thread = new Thread(task, "vnode-account");
            thread.setDaemon(true);
            return thread;
          });
  private final Account account;
  private final Proxies proxies;

  private volatile @Nullable Wiring wiring;

  private volatile Configuration configuration;
  private boolean primarySynced; // guarded by this

  /** What exists once the node is known. */
  private record Wiring(
      Site site,
      Orphans orphans,
      NodeReports reports,
      Placing placing,
      Starting starting,
      TakingBack takingBack,
      Ending ending) {}

  /**
   * A provider that is not yet started.
   *
   * @param clients makes a client for a member; the provider closes it
   */
  public ForwardingProvider(
      Configuration configuration, Function<MemberSettings, KubernetesClient> clients) {
    this.configuration = configuration;
    this.clients = clients;
    this.account =
        new Account(
            timer,
            configuration.placement().strategy(),
            Offers.ofWhole(offer -> wiring().reports().publish(offer)),
            (proxy, decision) -> wiring().placing().decided(proxy, decision));
    this.proxies = new Proxies(account, forwardings);
  }

  @Override
  public synchronized void start(NodeContext node) {
    var ownership = new Ownership(node.primaryUid(), node.nodeName());
    var translation = Survey.translation(ownership, configuration.node());
    var events = new MemberEvents(ownership, account, forwardings, new MemberEffects());
    var members = new Members(clients, events, timer);
    var delegates = new Delegates(members, translation);
    var site =
        new Site(
            node,
            members,
            account,
            forwardings,
            delegates,
            translation,
            timer,
            () -> configuration.placement());
    var placing = new Placing(site);
    var ending = new Ending(site);
    var starting = new Starting(site, ending);
    wiring =
        new Wiring(
            site,
            new Orphans(node, delegates, timer),
            new NodeReports(members::all, node::report),
            placing,
            starting,
            new TakingBack(site, placing, starting, ending),
            ending);
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

  @Override
  public Set<String> pushedConditions() {
    return Set.of(DelegateStatus.SCHEDULED);
  }

  /** How pods are placed, as configured now. */
  PlacementSettings placement() {
    return configuration.placement();
  }

  /** What a pod asks for that may come to be a proxy. Only to be asked once started. */
  Demand demand(Pod pod) {
    return wiring().placing().demand(pod);
  }

  /** See {@link Account#collect}. */
  Set<String> collect(
      Collection<SlotCollector.Unbound> unbound,
      Set<String> announced,
      SlotCollector.Setting setting) {
    return account.collect(unbound, announced, System.currentTimeMillis(), setting);
  }

  // --- the primary's side

  @Override
  public void podObserved(Pod pod) {
    proxies.observed(pod);
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
    account.setWeights(
        configuration.members().stream()
            .collect(Collectors.toMap(MemberSettings::name, MemberSettings::weight)));
    members().configure(configuration.members(), configuration.maxAge());
    timer.execute(() -> members().all().forEach(member -> dismissIfEmpty(member.name())));
  }

  @Override
  public CompletionStage<Void> apply(Pod pod) {
    var forwarding = forwardings.of(PodKey.of(pod));
    Step step;
    synchronized (forwarding) {
      step = forwarding.next(forwarding.intent().map(this::sight).orElse(Sight.NONE));
    }
    var wiring = wiring();
    if (step instanceof Step.Show show) {
      node().podStatus(forwarding.proxy(), show.status());
    } else if (step instanceof Step.Place place) {
      return wiring
          .placing()
          .place(pod, forwarding, place.after())
          .thenCompose(
              intent ->
                  intent
                      .map(stored -> wiring.starting().create(pod, forwarding, stored))
                      .orElseGet(Site::done));
    } else if (step instanceof Step.Create create) {
      return wiring.starting().create(pod, forwarding, create.intent());
    } else if (step instanceof Step.LookFor lookFor) {
      return wiring.starting().lookFor(forwarding, lookFor.intent());
    } else if (step instanceof Step.TakeBack takeBack) {
      return wiring.takingBack().takeBack(pod, forwarding, takeBack);
    } else if (step instanceof Step.GiveUp giveUp) {
      wiring.ending().giveUp(forwarding, giveUp.message());
    } else if (step instanceof Step.Await await) {
      return CompletableFuture.failedFuture(
          new ProviderException(Reason.UNAVAILABLE, await.message()));
    }
    return Site.done();
  }

  private Sight sight(Intent intent) {
    var member = members().find(intent.member());
    if (member.isEmpty()
        || member.get().clusterUid().filter(uid -> !uid.equals(intent.clusterUid())).isPresent()) {
      return Sight.NONE;
    }
    return member.get().isFresh() ? Sight.FRESH : Sight.STALE;
  }

  @Override
  public CompletionStage<Void> remove(PodKey proxy, Duration grace) {
    account.withdraw(proxy);
    return wiring().ending().remove(forwardings.of(proxy), grace);
  }

  @Override
  public void stop() {
    members().close(); // first: what its watches still say needs the timer
    timer.shutdown();
  }

  // --- the members' side

  /** What the members' watches lead to. */
  private final class MemberEffects implements MemberEvents.Effects {

    @Override
    public void delegateSeen(Forwarding forwarding, boolean first) {
      if (first && !forwarding.isBound()) {
        wiring().takingBack().remindOf(forwarding, forwarding.delegate().orElseThrow());
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
        wiring()
            .ending()
            .giveUp(forwarding, "its delegate was deleted in the member by somebody else");
      } else {
        wiring().ending().gone(forwarding);
      }
      timer.execute(() -> dismissIfEmpty(member));
    }

    @Override
    public void freshnessChanged(Member member, boolean fresh) {
      boolean offers = fresh && members().isInForce(member);
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
    var members = members();
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

  private NodeContext node() {
    return wiring().site().node();
  }

  private Members members() {
    return wiring().site().members();
  }

  private Wiring wiring() {
    var started = wiring;
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }
}
