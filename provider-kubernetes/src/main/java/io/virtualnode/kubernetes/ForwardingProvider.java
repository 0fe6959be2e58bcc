package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Resources;
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
import java.util.List;
import java.util.Map;
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
 * proxy's status. What the node offers is what the {@linkplain
 * io.virtualnode.kubernetes.capacity.Ledger ledger} says, at every change.
 *
 * <p>Thread-safe; no method blocks.
 */
public final class ForwardingProvider implements Provider, PodObserver {

  private static final Logger log = LoggerFactory.getLogger(ForwardingProvider.class);
  // How long the first offer waits for members that cannot be reached at the start.
  private static final Duration STARTUP_GRACE = Duration.ofSeconds(3);

  private final Configuration initial;
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
  private volatile boolean primarySynced;
  private volatile boolean membersAwaited = true;
  private volatile @Nullable NodeReport lastReport;

  /** What exists once the node is known. */
  private record Wiring(
      NodeContext node, Members members, Delegates delegates, DelegatePod translation) {}

  /**
   * A provider that is not yet started.
   *
   * @param clients makes a client for a member; the provider closes it
   */
  public ForwardingProvider(
      Configuration configuration, Function<MemberSettings, KubernetesClient> clients) {
    this.initial = configuration;
    this.clients = clients;
  }

  @Override
  public void start(NodeContext node) {
    var ownership = new Ownership(node.primaryUid(), node.nodeName());
    var settings = initial.node();
    var translation =
        new DelegatePod(
            ownership,
            labelsOfNode(settings),
            settings.taints().stream().map(taint -> taint.getKey()).collect(Collectors.toSet()));
    var events = new MemberEvents(ownership, account, forwardings, new MemberEffects());
    var members = new Members(clients, events, timer, initial.maxAge());
    wiring = new Wiring(node, members, new Delegates(members, translation), translation);
    members.configure(initial.members());
    var unused =
        timer.schedule(this::stopAwaitingMembers, STARTUP_GRACE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** A selector for one of these was meant for the virtual node, not for a node of a member. */
  private static Map<String, String> labelsOfNode(NodeSettings settings) {
    var labels = new HashMap<>(settings.labels());
    labels.put("type", "virtual-kubelet");
    return labels;
  }

  /** Puts another list of members into force: members are added, connected anew, or retired. */
  public void reload(Configuration configuration) {
    var members = wiring().members();
    members.configure(configuration.members());
    timer.execute(() -> members.all().forEach(member -> dismissIfEmpty(member.name())));
  }

  /** How many lines of the account differ from a full recount; anything but 0 is a bug. */
  public int drift() {
    return account.read(Ledger::drift);
  }

  // --- the primary's side

  @Override
  public void podObserved(Pod pod) {
    var proxy = PodKey.of(pod);
    boolean over = pod.getStatus() != null && DelegateStatus.isTerminal(pod.getStatus().getPhase());
    var forwarding = forwardings.of(proxy);
    synchronized (forwarding) {
      forwarding.inPrimary = true;
      forwarding.deleting = pod.getMetadata().getDeletionTimestamp() != null;
      forwarding.delegateWasSeen |=
          pod.getStatus() != null && pod.getStatus().getStartTime() != null;
      if (forwarding.intent == null) {
        forwarding.intent = intentOf(pod);
      }
      if (over) {
        account.update(ledger -> ledger.uncount(proxy.uid()));
        account.withdraw(proxy);
        return;
      }
      var request = Requests.of(pod);
      boolean daemon = isDaemon(pod);
      var slot = slotByIntent(forwarding);
      account.update(
          ledger -> {
            ledger.count(proxy.uid(), request);
            if (daemon) {
              ledger.credit(proxy.uid(), true);
            }
            if (slot != null) {
              ledger.reserve(proxy.uid(), slot);
            }
          });
    }
  }

  /** A delegate may exist, or come to exist, that no watch has shown yet: its slot is held. */
  private static @Nullable NodeKey slotByIntent(Forwarding forwarding) {
    var intent = forwarding.intent;
    return intent == null || forwarding.delegateWasSeen || forwarding.gone
        ? null
        : new NodeKey(intent.member(), intent.node());
  }

  @Override
  public void podForgotten(PodKey proxy) {
    account.withdraw(proxy);
    account.update(ledger -> ledger.uncount(proxy.uid()));
    var forwarding = forwardings.find(proxy);
    if (forwarding != null) {
      synchronized (forwarding) {
        forwarding.inPrimary = false;
        if (forwarding.gone) {
          forwardings.forget(forwarding);
        }
      }
    }
  }

  @Override
  public void podsSynced() {
    primarySynced = true;
    account.update(ledger -> {});
    forwardings.all().forEach(this::removeIfOrphan);
  }

  @Override
  public CompletionStage<Void> apply(Pod pod) {
    var proxy = PodKey.of(pod);
    var forwarding = forwardings.of(proxy);
    synchronized (forwarding) {
      if (forwarding.delegate != null) {
        pushStatus(forwarding);
        return done();
      }
      if (forwarding.created) {
        return done();
      }
      var intent = forwarding.intent;
      if (intent != null) {
        return createOrFindLost(pod, forwarding, intent);
      }
      if (Intent.isStoredOn(pod)) {
        return CompletableFuture.failedFuture(unreadableIntent(pod));
      }
    }
    var constraints = wiring().translation().memberConstraints(pod.getSpec());
    var demand = new Demand(proxy.uid(), Requests.of(pod), NodeRequirements.of(constraints));
    var decision = account.place(proxy, demand);
    if (decision instanceof Decision.Placed placed) {
      return assign(pod, forwarding, placed.node());
    }
    tellWhyItWaits(proxy, decision);
    return done();
  }

  private CompletionStage<Void> createOrFindLost(Pod pod, Forwarding forwarding, Intent intent) {
    var member = wiring().members().find(intent.member());
    if (forwarding.isLost() && member.filter(Member::isFresh).isEmpty()) {
      // It ran there: it may only be looked for, never created again.
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.UNAVAILABLE,
              "member %s, where %s ran, cannot be reached"
                  .formatted(intent.member(), forwarding.proxy)));
    }
    if (forwarding.isLost()) {
      // It ran, it is not listed: nobody can say how it ended, and it must not run twice.
      pushLost(
          forwarding, "its delegate on member %s was removed meanwhile".formatted(intent.member()));
      return done();
    }
    return create(pod, forwarding, intent);
  }

  private CompletionStage<Void> assign(Pod pod, Forwarding forwarding, NodeKey slot) {
    var cluster = wiring().members().find(slot.member()).flatMap(Member::clusterUid);
    if (cluster.isEmpty()) {
      account.update(ledger -> ledger.release(forwarding.proxy.uid()));
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.UNAVAILABLE, "member %s has just been removed".formatted(slot.member())));
    }
    var intent = new Intent(slot.member(), cluster.get(), 0, slot.node());
    return node()
        .record(forwarding.proxy, intent.toCondition())
        .whenComplete(
            (stored, failure) -> {
              if (failure != null) {
                account.update(ledger -> ledger.release(forwarding.proxy.uid()));
              }
            })
        .thenCompose(
            stored -> {
              synchronized (forwarding) {
                forwarding.intent = intent;
              }
              return create(pod, forwarding, intent);
            });
  }

  private CompletionStage<Void> create(Pod pod, Forwarding forwarding, Intent intent) {
    return wiring()
        .delegates()
        .create(pod, intent, forwarding)
        .handle(
            (ignored, failure) -> {
              if (failure == null) {
                synchronized (forwarding) {
                  forwarding.created = true;
                }
                return null;
              }
              var cause = Delegates.cause(failure);
              if (cause.reason() == Reason.UNAVAILABLE) {
                throw cause;
              }
              // The member's own words, for as long as it refuses; tried again with back-off.
              var message = String.valueOf(cause.getMessage());
              node().podStatus(forwarding.proxy, DelegateStatus.pending("MemberRefused", message));
              throw new ProviderException(Reason.UNAVAILABLE, "MemberRefused", message, cause);
            });
  }

  @Override
  public CompletionStage<Void> remove(PodKey proxy, Duration grace) {
    account.withdraw(proxy);
    var forwarding = forwardings.of(proxy);
    CompletionStage<Void> deletion;
    synchronized (forwarding) {
      if (forwarding.delegate != null) {
        deletion = wiring().delegates().delete(forwarding.delegate, grace);
      } else if (forwarding.intent != null && !forwarding.gone) {
        // Not seen by this process: the member itself says whether there is one.
        deletion = wiring().delegates().deleteUnseen(forwarding.intent, forwarding, grace);
      } else {
        gone(forwarding);
        return done();
      }
      forwarding.removing = true;
    }
    return deletion.handle(
        (ignored, failure) -> {
          if (failure != null) {
            if (!isGone(failure)) {
              throw Delegates.cause(failure);
            }
            synchronized (forwarding) {
              gone(forwarding);
            }
          }
          return null;
        });
  }

  /** Whether a deletion failed because no pod of that UID is there. */
  private static boolean isGone(Throwable failure) {
    var reason = Delegates.cause(failure).reason();
    return reason == Reason.NOT_FOUND || reason == Reason.CONFLICT;
  }

  /** Nothing is left in any member. */
  private void gone(Forwarding forwarding) {
    account.update(ledger -> ledger.release(forwarding.proxy.uid()));
    forwarding.delegate = null;
    forwarding.removing = false; // what shows up after this is an orphan
    forwarding.gone = true;
    if (!forwarding.inPrimary) {
      forwardings.forget(forwarding);
    }
    node().podGone(forwarding.proxy);
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
    public void delegateSeen(Forwarding forwarding) {
      if (forwarding.inPrimary) {
        pushStatus(forwarding);
      } else if (!forwarding.removing) {
        removeIfOrphan(forwarding);
      }
    }

    @Override
    public void delegateGone(Forwarding forwarding) {
      if (forwarding.inPrimary && !forwarding.deleting && !forwarding.isOver()) {
        pushLost(forwarding, "its delegate was deleted in the member by somebody else");
      }
      gone(forwarding);
      var member = forwarding.intent == null ? null : forwarding.intent.member();
      if (member != null) {
        timer.execute(() -> dismissIfEmpty(member));
      }
    }

    @Override
    public void freshnessChanged(Member member, boolean fresh) {
      // During the first configuration the wiring is not complete; nothing can be fresh then.
      boolean offers = fresh && wiring().members().isInForce(member);
      account.update(ledger -> ledger.setFresh(member.name(), offers));
      if (fresh) {
        forwardings.all().stream()
            .filter(forwarding -> awaits(forwarding, member.name()))
            .forEach(forwarding -> node().requeue(forwarding.proxy));
      }
    }
  }

  private void pushStatus(Forwarding forwarding) {
    if (forwarding.telling && forwarding.status != null) {
      node().podStatus(forwarding.proxy, forwarding.status);
    }
  }

  private static boolean awaits(Forwarding forwarding, String member) {
    synchronized (forwarding) {
      return forwarding.inPrimary
          && forwarding.delegate == null
          && forwarding.intent != null
          && forwarding.intent.member().equals(member);
    }
  }

  private void pushLost(Forwarding forwarding, String message) {
    var lost = DelegateStatus.lost(forwarding.status, "DelegateLost", message);
    forwarding.status = lost;
    node().podStatus(forwarding.proxy, lost);
  }

  /** A delegate whose proxy we have not seen: removed if the primary itself says it has none. */
  private void removeIfOrphan(Forwarding forwarding) {
    synchronized (forwarding) {
      if (!primarySynced || forwarding.inPrimary || forwarding.delegate == null) {
        return;
      }
    }
    node()
        .live(forwarding.proxy)
        .thenCompose(
            found -> {
              Forwarding.Delegate delegate;
              synchronized (forwarding) {
                delegate = forwarding.delegate;
                if (found.isPresent() || forwarding.inPrimary || delegate == null) {
                  return done();
                }
              }
              log.info(
                  "removing {}: its proxy {} is not in the primary", delegate, forwarding.proxy);
              return wiring().delegates().delete(delegate, Duration.ZERO);
            })
        .whenComplete(
            (ignored, failure) -> {
              if (failure != null && !isGone(failure)) {
                log.warn("orphan of {} is tried again: {}", forwarding.proxy, failure.toString());
                retryOrphan(forwarding);
              }
            });
  }

  private void retryOrphan(Forwarding forwarding) {
    if (!timer.isShutdown()) {
      var unused = timer.schedule(() -> removeIfOrphan(forwarding), 5, TimeUnit.SECONDS);
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
      return forwarding.delegate != null
          ? forwarding.delegate.member().equals(member)
          : forwarding.intent != null
              && !forwarding.delegateWasSeen
              && forwarding.intent.member().equals(member);
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

  private void stopAwaitingMembers() {
    membersAwaited = false;
    account.update(ledger -> {});
  }

  private void publish(Resources offer) {
    if (!primarySynced) {
      return;
    }
    var members = wiring().members().all();
    var stale =
        members.stream().filter(member -> !member.isFresh()).map(Member::name).sorted().toList();
    if (membersAwaited && !stale.isEmpty()) {
      return;
    }
    membersAwaited = false;
    var quantities = offer.toQuantities();
    var report =
        new NodeReport(
            quantities, quantities, true, "pods can be taken care of", List.of(fresh(stale)));
    if (!report.equals(lastReport)) {
      lastReport = report;
      node().report(report);
    }
  }

  private static NodeCondition fresh(List<String> stale) {
    return new NodeConditionBuilder()
        .withType("virtualnode.io/MembersFresh")
        .withStatus(stale.isEmpty() ? "True" : "False")
        .withReason(stale.isEmpty() ? "AllFresh" : "SomeNotFresh")
        .withMessage(
            stale.isEmpty()
                ? "every member was heard of recently"
                : "not heard of recently: " + String.join(", ", stale))
        .build();
  }

  private static @Nullable Intent intentOf(Pod pod) {
    try {
      return Intent.of(pod).orElse(null);
    } catch (IllegalArgumentException e) {
      log.error("{}", e.getMessage());
      return null;
    }
  }

  private static ProviderException unreadableIntent(Pod pod) {
    return new ProviderException(
        Reason.UNAVAILABLE,
        "condition %s of %s cannot be read: another version wrote it"
            .formatted(Intent.CONDITION, PodKey.of(pod)));
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
