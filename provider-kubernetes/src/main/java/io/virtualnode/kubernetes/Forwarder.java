package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.Forwarding.Sight;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.SlotCollector;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Forwards the pods of virtual nodes to member clusters: all that the virtual nodes of one process
 * share.
 *
 * <p>A proxy is placed on a member node that has room, a delegate is created there, recorded on the
 * proxy as its {@link Intent}, and only then started; from there on the member's watch tells the
 * proxy's status. What follows from what is known is decided by {@link Forwarding}; this class
 * takes the step. What a node offers is what the {@linkplain Ledger ledger} says, at every change.
 *
 * <p>Virtual nodes {@link #join} and {@link #leave}; each is named by its scope. Thread-safe; no
 * method blocks.
 */
final class Forwarder implements AutoCloseable {

  // How long the first offer waits for members that cannot be reached at the start.
  private static final Duration STARTUP_GRACE = Duration.ofSeconds(3);

  private final Forwardings forwardings = new Forwardings();
  private final Contexts contexts = new Contexts(forwardings);
  private final MemberNodes memberNodes = new MemberNodes();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("vnode-account"));
  private final Members members;
  private final NodeReports reports;
  private final Account account;
  private final Proxies proxies;
  private final Orphans orphans;
  private final MemberLoss memberLoss;
  private final Placing placing;
  private final Starting starting;
  private final TakingBack takingBack;
  private final Discarding discarding;
  private final Ending ending;
  private final Retirement retirement;
  private final Lowering lowering;
  private final Draining draining;
  private final Clusters clusters;
  private final Renaming renaming;
  private final Unconfigured unconfigured;
  private final CompletableFuture<Void> membersSeen = new CompletableFuture<>();

  private volatile Configuration configuration;
  private boolean configured; // guarded by this
  private final CompletableFuture<Void> begun = new CompletableFuture<>();

  /**
   * A forwarder that contacts no member before {@link #begin}.
   *
   * @param primaryUid identifies the primary cluster
   * @param clients makes a client for a member; the forwarder closes it
   */
  Forwarder(
      Configuration configuration,
      String primaryUid,
      Function<MemberSettings, KubernetesClient> clients) {
    this.configuration = configuration;
    var ownership = new Ownership(primaryUid, configuration.node().name());
    var translation = Survey.translation(ownership, configuration.node());
    this.reports =
        new NodeReports(
            this::staleMembers, this::orphansHeld, this::drainProgress, contexts::report);
    this.account = new Account(timer, configuration.placement().strategy(), reports, this::decided);
    this.lowering = new Lowering(contexts, account, reports);
    this.proxies = new Proxies(account, forwardings, this::resolve);
    var events =
        new MemberEvents(
            ownership,
            configuration.node().topology() == Topology.PER_NODE,
            account,
            memberNodes,
            forwardings,
            new Effects());
    this.members = new Members(clients, events, timer);
    this.draining = new Draining(account, members, this::hurry);
    List<Consumer<String>> memories =
        List.of(memberNodes::forget, events::forget, this::forgetLoss);
    this.retirement = new Retirement(members, forwardings, account, memories);
    this.clusters = new Clusters(members);
    this.renaming =
        new Renaming(
            members,
            forwardings,
            account,
            former -> memories.forEach(memory -> memory.accept(former)));
    this.unconfigured = new Unconfigured(contexts, forwardings, members);
    var delegates = new Delegates(members, translation);
    var site =
        new Site(
            contexts,
            members,
            account,
            forwardings,
            delegates,
            translation,
            timer,
            () -> this.configuration.placement());
    this.orphans =
        new Orphans(
            contexts,
            forwardings,
            delegates,
            timer,
            () -> this.configuration.faults().orphanPercent(),
            () -> account.update(ledger -> {}),
            System::nanoTime);
    this.ending = new Ending(site);
    this.discarding = new Discarding(site);
    this.starting = new Starting(site, ending, discarding);
    this.memberLoss = new MemberLoss(site, ending, () -> this.configuration.faults());
    this.placing = new Placing(site, starting);
    this.takingBack = new TakingBack(site, placing);
    var unused = membersSeen.thenRun(orphans::begin).thenRun(this::warnOfUnconfigured);
  }

  private List<String> staleMembers() {
    var names = new TreeSet<String>();
    configuration.members().forEach(settings -> names.add(settings.name()));
    members.all().forEach(member -> names.add(member.name()));
    return names.stream().filter(name -> !isFresh(name)).toList();
  }

  private SortedMap<String, Boolean> drainProgress() {
    return draining.progress(this::isFresh);
  }

  private void resolve(Forwarding forwarding) {
    renaming.resolve(forwarding);
  }

  private void hurry(String member) {
    onTimer(() -> takingBack.hurry(member));
  }

  private void forgetLoss(String member) {
    memberLoss.forget(member);
  }

  private int orphansHeld() {
    return orphans.held();
  }

  private void decided(PodKey proxy, Decision decision) {
    placing.decided(proxy, decision);
  }

  /**
   * Begins to contact members. Every proxy must be known by now: what members have is told from
   * what they lack once all is known.
   */
  void begin() {
    synchronized (this) {
      configured = true;
      configureMembers();
    }
    begun.complete(null);
    if (timer.isShutdown()) {
      return;
    }
    var unused =
        timer.schedule(
            () -> {
              reports.awaitMembersNoLonger();
              membersSeen.complete(null);
              account.update(ledger -> {});
            },
            STARTUP_GRACE.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Completes when every member has been seen after the start, or is no longer waited for. */
  CompletionStage<Void> membersSeen() {
    return membersSeen;
  }

  /** Puts another list of members into force: members are added, connected anew, or retired. */
  synchronized void reload(Configuration newest) {
    configuration = newest;
    if (configured) {
      configureMembers();
      if (membersSeen.isDone() && !timer.isShutdown()) {
        var unused =
            timer.schedule(
                this::warnOfUnconfigured, STARTUP_GRACE.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  private void warnOfUnconfigured() {
    if (!timer.isShutdown()) { // else all members have gone, and nobody is to be warned
      unconfigured.warn();
    }
  }

  private void configureMembers() {
    account.setWeights(
        configuration.members().stream()
            .collect(Collectors.toMap(MemberSettings::name, MemberSettings::weight)));
    draining.configured(configuration.members());
    members.configure(configuration.members(), configuration.maxAge());
    members.all().stream()
        .filter(member -> !member.isFresh())
        .forEach(member -> memberLoss.outOfSight(member.name()));
    for (var member : members.all()) {
      boolean retired = members.isRetired(member.name());
      account.update(ledger -> ledger.setRetired(member.name(), retired));
    }
    timer.execute(() -> members.all().forEach(member -> retirement.endIfEmpty(member.name())));
  }

  /** What is configured now. */
  Configuration configuration() {
    return configuration;
  }

  /** How pods are placed, as configured now. */
  PlacementSettings placement() {
    return configuration.placement();
  }

  /** The members' nodes. */
  MemberNodes memberNodes() {
    return memberNodes;
  }

  /** Whether what is known of the member's nodes is recent. */
  boolean isFresh(String member) {
    return members.find(member).filter(Member::isFresh).isPresent();
  }

  /** How many lines of the account differ from a full recount; anything but 0 is a bug. */
  int drift() {
    return account.read(Ledger::drift);
  }

  /** What a pod asks for that may come to be a proxy. */
  Demand demand(Pod pod) {
    return placing.demand(pod);
  }

  /** See {@link Account#collect}. */
  Map<String, NodeKey> collect(
      Collection<SlotCollector.Unbound> unbound,
      Set<String> announced,
      SlotCollector.Setting setting) {
    return account.collect(unbound, announced, System.currentTimeMillis(), setting);
  }

  // --- the virtual nodes' side

  /** A virtual node is there. */
  void join(Scope scope, NodeContext context) {
    contexts.join(scope, context);
  }

  /** A virtual node has ended. */
  void leave(Scope scope) {
    contexts.leave(scope);
    onTimer(() -> reports.exclude(scope));
  }

  /** The virtual node has ended and its Node is no longer in the primary. */
  void removed(Scope scope) {
    setClosed(scope, false); // nothing of it is left
    draining.unmarked(scope);
  }

  /** The Node of the virtual node was seen as it stands now. */
  void nodeObserved(Node node, Scope scope) {
    draining.marked(scope, DrainMark.on(node));
  }

  /**
   * Every proxy of the virtual node is known. A proxy that was known before and is not among them,
   * has gone while nobody looked.
   *
   * @param uids of those that the primary has
   */
  void podsSynced(Scope scope, Set<String> uids) {
    forwardings.all().stream()
        .filter(forwarding -> forwarding.scope().filter(scope::equals).isPresent())
        .filter(forwarding -> !uids.contains(forwarding.proxy().uid()))
        .forEach(this::vanished);
    onTimer(() -> reports.include(scope));
    account.update(ledger -> {});
  }

  private void vanished(Forwarding forwarding) {
    synchronized (forwarding) {
      if (!forwarding.isInPrimary()) {
        return;
      }
      podForgotten(forwarding.proxy(), false);
      if (forwarding.remains().isEmpty()) {
        ending.gone(forwarding);
      } else {
        orphans.removeIfOrphan(forwarding);
      }
    }
  }

  /** See {@link Ledger#setClosed}. */
  void setClosed(Scope scope, boolean isClosed) {
    account.update(ledger -> ledger.setClosed(scope, isClosed));
  }

  /** Whether the primary has a pod that is bound to the virtual node. */
  boolean hasProxies(Scope scope) {
    return forwardings.all().stream()
        .filter(forwarding -> forwarding.scope().filter(scope::equals).isPresent())
        .anyMatch(
            forwarding -> {
              synchronized (forwarding) {
                return forwarding.isInPrimary();
              }
            });
  }

  void podObserved(Pod pod, Scope scope) {
    proxies.observed(pod, scope);
    var forwarding = forwardings.find(PodKey.of(pod));
    if (forwarding != null) {
      discarding.discardAbandoned(forwarding);
      if (isEndedAheadInSight(forwarding)) {
        ending.end(forwarding);
      }
    }
  }

  private boolean isEndedAheadInSight(Forwarding forwarding) {
    synchronized (forwarding) {
      return forwarding.isEndedAhead()
          && forwarding.delegate().filter(delegate -> isFresh(delegate.member())).isPresent();
    }
  }

  void podForgotten(PodKey proxy, boolean witnessed) {
    account.withdraw(proxy);
    account.update(ledger -> ledger.uncount(proxy.uid()));
    var forwarding = forwardings.find(proxy);
    if (forwarding != null) {
      synchronized (forwarding) {
        forwarding.forgotten(witnessed);
        if (forwarding.hasRemains()) {
          orphans.removeIfOrphan(forwarding);
        } else if (forwarding.isGone()) {
          forwardings.forget(forwarding);
        }
      }
    }
  }

  /** See {@link io.virtualnode.api.Provider#apply}; waits until members are known. */
  CompletionStage<Void> apply(Pod pod, Scope scope) {
    return begun.thenCompose(nothing -> step(pod, scope));
  }

  private CompletionStage<Void> step(Pod pod, Scope scope) {
    var forwarding = forwardings.of(PodKey.of(pod), scope);
    Step step;
    synchronized (forwarding) {
      forwarding.decidedOn(pod);
      renaming.resolve(forwarding);
      step = forwarding.next(forwarding.intent().map(this::sight).orElse(Sight.NONE));
    }
    if (step instanceof Step.Show show) {
      contexts.podStatus(forwarding.proxy(), show.status());
    } else if (step instanceof Step.Place place) {
      return placing.place(pod, forwarding, place.after());
    } else if (step instanceof Step.Start start) {
      return starting.start(forwarding, start.delegate());
    } else if (step instanceof Step.Discard discard) {
      return discarding.discard(forwarding, discard.delegate());
    } else if (step instanceof Step.LookFor lookFor) {
      return starting.lookFor(forwarding, lookFor.intent());
    } else if (step instanceof Step.TakeBack takeBack) {
      return takingBack.takeBack(pod, forwarding, takeBack);
    } else if (step instanceof Step.GiveUp giveUp) {
      ending.giveUp(forwarding, giveUp.message());
    } else if (step instanceof Step.NotConfigured unknown) {
      unconfigured.tell(forwarding, unknown.intent());
    } else if (step instanceof Step.LeaveAlone leave) {
      return placing.leaveAlone(forwarding, leave.message());
    } else if (step instanceof Step.Await await) {
      return CompletableFuture.failedFuture(
          new ProviderException(Reason.UNAVAILABLE, await.message()));
    }
    return Site.done();
  }

  private Sight sight(Intent intent) {
    var member = members.find(intent.member());
    if (member.isEmpty()
        || member
            .get()
            .identity()
            .filter(cluster -> !cluster.is(intent.clusterUid()))
            .isPresent()) {
      return Sight.NONE;
    }
    return member.get().isFresh() ? Sight.FRESH : Sight.STALE;
  }

  /** See {@link io.virtualnode.api.Provider#remove}; waits until members are known. */
  CompletionStage<Void> remove(PodKey proxy, Duration grace, Scope scope) {
    account.withdraw(proxy);
    var forwarding = forwardings.of(proxy, scope);
    return begun.thenCompose(nothing -> remove(forwarding, grace));
  }

  private CompletionStage<Void> remove(Forwarding forwarding, Duration grace) {
    synchronized (forwarding) {
      if (forwarding.isMissing() && !forwarding.remains().isEmpty()) {
        orphans.removeIfOrphan(forwarding); // its end, if it comes to that, is told by a watch
        return Site.done();
      }
    }
    return ending.remove(forwarding, grace);
  }

  /** Ends the watches; what runs in the members runs on. */
  @Override
  public void close() {
    members.close(); // first: what its watches still say needs the timer
    timer.shutdown();
  }

  private void onTimer(Runnable task) {
    if (!timer.isShutdown()) {
      timer.execute(task);
    }
  }

  /** What the members' watches lead to. */
  private final class Effects implements MemberEvents.Effects {

    @Override
    public Optional<String> identified(Member member, ClusterIdentity identity) {
      var verdict = clusters.claim(member, identity);
      if (verdict.objection().isEmpty()) {
        renaming.identified(member, identity, verdict.predecessor());
      }
      return verdict.objection();
    }

    @Override
    public void delegateSeen(Forwarding forwarding, boolean first, boolean lowered) {
      if (first && !forwarding.isBound()) {
        takingBack.remindOf(forwarding, forwarding.delegate().orElseThrow());
      }
      if (forwarding.isInPrimary()) {
        if (forwarding.isToBeStarted()) {
          contexts.requeue(forwarding.proxy());
        }
        if (forwarding.isEndedAhead()) {
          timer.execute(() -> ending.end(forwarding));
        }
        if (forwarding.hasAbandoned()) {
          onTimer(() -> discarding.discardAbandoned(forwarding));
        }
        lowerIf(lowered, forwarding);
        forwarding.toShow().ifPresent(status -> contexts.podStatus(forwarding.proxy(), status));
      } else if (!forwarding.isRemoving()) {
        orphans.removeIfOrphan(forwarding);
      }
    }

    @Override
    public void straySeen(Forwarding forwarding, Forwarding.Delegate stray) {
      forwarding.straySeen(stray);
      onTimer(() -> discarding.discardAbandoned(forwarding));
    }

    @Override
    public void markedInVain(Forwarding.Delegate delegate) {
      onTimer(() -> discarding.letGoSurely(delegate));
    }

    @Override
    public void tombstoneSeen(Forwarding forwarding) {
      if (!forwarding.isInPrimary()) {
        orphans.removeIfOrphan(forwarding);
      } else if (forwarding.hasAbandoned()) {
        onTimer(() -> discarding.discardAbandoned(forwarding));
      }
    }

    @Override
    public void takenBack(Forwarding forwarding) {
      if (forwarding.isRemoving()) {
        ending.gone(forwarding);
      } else if (forwarding.isInPrimary()) {
        contexts.requeue(forwarding.proxy());
      }
    }

    @Override
    public void delegateGone(Forwarding forwarding, String member, boolean lowered) {
      lowerIf(lowered, forwarding);
      if (forwarding.wouldBeLost()) {
        ending.giveUp(forwarding, "its delegate was deleted in the member by somebody else");
      } else {
        ending.gone(forwarding);
      }
      timer.execute(() -> retirement.endIfEmpty(member));
    }

    @Override
    public void remainGone(String member) {
      onTimer(() -> retirement.endIfEmpty(member));
    }

    private void lowerIf(boolean lowered, Forwarding forwarding) {
      if (lowered) {
        lowering.before(forwarding);
      }
    }

    @Override
    public void freshnessChanged(Member member, boolean fresh) {
      if (fresh) {
        renaming.inSight(member);
        memberLoss.inSight(member.name());
      } else if (!member.isFresh()) { // else it is only no longer configured
        memberLoss.outOfSight(member.name());
      }
      boolean offers = fresh && members.isInForce(member);
      account.update(ledger -> ledger.setFresh(member.name(), offers));
      for (var forwarding : forwardings.all()) {
        synchronized (forwarding) {
          if (!forwarding.awaits(member.name())) {
            continue;
          }
          forwarding.sightChanged();
        }
        if (fresh) {
          contexts.requeue(forwarding.proxy());
        }
      }
      if (fresh && members.isDraining(member.name())) {
        hurry(member.name()); // nothing could be taken back while it was out of sight
      }
      if (fresh && configuration.members().stream().allMatch(m -> isFresh(m.name()))) {
        membersSeen.complete(null);
      }
    }
  }
}
