package io.virtualnode.kubernetes.member;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.config.CapacitySource.Static;
import io.virtualnode.kubernetes.config.MemberSettings;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member cluster as we see it: watches on its nodes, its pods and the quotas of its fixed
 * namespace, and the verdict whether that view is fresh.
 *
 * <p>A member that cannot be reached is tried for as long as it is configured; meanwhile it is not
 * fresh. All methods are thread-safe.
 */
public final class Member implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Member.class);
  // With a limit the first list is consistent; without, fabric8 accepts any cached state.
  private static final String SYSTEM = "kube-system";
  private static final long PAGE = 500;
  private static final int PROBES_PER_AGE = 4;

  private final MemberSettings settings;
  private final KubernetesClient client;
  private final MemberApi api;
  private final NamespaceUids namespaces;
  private final MemberListener listener;
  private final ScheduledExecutorService timer;
  private final Duration maxAge;
  private final SlimStore<Node> nodes = SlimStore.ofNodes();
  private final SlimStore<Pod> pods = new SlimStore<>(Member::slim);
  private final SlimStore<ResourceQuota> quotas = new SlimStore<>(quota -> quota);
  private final List<SharedIndexInformer<?>> informers = new CopyOnWriteArrayList<>();
  private final AtomicInteger listsMissing = new AtomicInteger();
  private final AtomicBoolean probing = new AtomicBoolean();
  private volatile @Nullable ScheduledFuture<?> ticking;
  private volatile @Nullable ClusterIdentity identity;
  private volatile boolean closed;

  private final Object freshnessLock = new Object();
  private final Freshness freshness; // guarded by freshnessLock
  private @Nullable String lastTrouble; // guarded by freshnessLock
  private volatile boolean fresh; // written under freshnessLock

  /**
   * A member that is not yet watched.
   *
   * @param client its client, closed with the member
   * @param maxAge how old an answer may be for the member to count as fresh
   * @param timer runs short tasks only
   */
  public Member(
      MemberSettings settings,
      KubernetesClient client,
      Duration maxAge,
      MemberListener listener,
      ScheduledExecutorService timer) {
    this.settings = settings;
    this.client = client;
    this.api = new MemberApi(settings.name(), client);
    this.namespaces = new NamespaceUids(api);
    this.maxAge = maxAge;
    this.freshness = new Freshness(maxAge);
    this.listener = listener;
    this.timer = timer;
  }

  /**
   * Begins to ask who the cluster is, and to watch it once {@link MemberListener#objection} has
   * none; returns at once.
   */
  public void start() {
    long period = maxAge.toMillis() / PROBES_PER_AGE;
    ticking = timer.scheduleAtFixedRate(this::tick, 0, period, TimeUnit.MILLISECONDS);
  }

  private void watch() {
    if (settings.capacity().seesNodes()) {
      watch(
          client.nodes().withLimit(PAGE),
          nodes,
          listener::nodeSeen,
          (member, node) -> listener.nodeGone(member, node.getMetadata().getName()),
          ObjectMeta::getName,
          listener::nodesListed);
      watchPods(client.pods().inAnyNamespace());
    } else {
      listener.nodesListed(this, Set.of()); // an earlier connection may have shown some
      watchPods(client.pods().inNamespace(settings.namespace().orElseThrow()));
    }
    if (settings.namespace().isPresent() && !(settings.capacity() instanceof Static)) {
      watch(
          client.resourceQuotas().inNamespace(settings.namespace().get()).withLimit(PAGE),
          quotas,
          listener::quotaSeen,
          listener::quotaGone,
          ObjectMeta::getName,
          listener::quotasListed);
    } else {
      listener.quotasListed(this, Set.of()); // an earlier connection may have shown some
    }
  }

  private void watchPods(FilterWatchListDeletable<Pod, PodList, PodResource> resources) {
    watch(
        resources.withLimit(PAGE),
        pods,
        listener::podSeen,
        listener::podGone,
        ObjectMeta::getUid,
        listener::podsListed);
  }

  /** The member's name in the configuration. */
  public String name() {
    return settings.name();
  }

  /** What is configured for it. */
  public MemberSettings settings() {
    return settings;
  }

  /** How old an answer may be for the member to count as fresh. */
  public Duration maxAge() {
    return maxAge;
  }

  /** Requests to it. */
  public MemberApi api() {
    return api;
  }

  /** Its namespaces. */
  public NamespaceUids namespaces() {
    return namespaces;
  }

  /** What identifies the cluster; empty until it was reached and there was no objection. */
  public Optional<ClusterIdentity> identity() {
    return Optional.ofNullable(identity);
  }

  /** Whether every watch is connected and the API server answered within the stated age. */
  public boolean isFresh() {
    return fresh;
  }

  /** Ends the watches and the client; the listener hears nothing more of freshness. */
  @Override
  public void close() {
    var task = ticking;
    if (task != null) {
      task.cancel(false);
    }
    synchronized (informers) {
      closed = true;
      informers.forEach(SharedIndexInformer::stop);
    }
    client.close();
  }

  private <T extends HasMetadata> void watch(
      Informable<T> resources,
      SlimStore<T> store,
      BiConsumer<Member, T> seen,
      BiConsumer<Member, T> gone,
      Function<ObjectMeta, String> key,
      BiConsumer<Member, Set<String>> listed) {
    listsMissing.incrementAndGet();
    var informer = resources.runnableInformer(0);
    informer.removeNamespaceIndex();
    informer.itemStore(store);
    // Any error, at the start or later, is tried again: the member may come (back) at any time.
    informer.exceptionHandler((started, failure) -> !closed);
    informer.addEventHandler(new Forwarder<>(seen, gone, key, listed));
    informers.add(informer);
    informer.start();
  }

  private void tick() {
    try {
      judge();
      if (probing.compareAndSet(false, true)) {
        probe();
      }
    } catch (RuntimeException e) {
      log.error("member {}: probe failed unexpectedly", name(), e);
    }
  }

  private void probe() {
    long askedAt = System.nanoTime();
    var answer = identity == null ? askIdentity().thenAccept(this::identify) : api.probe(maxAge);
    answer.whenComplete(
        (ignored, failure) -> {
          probing.set(false);
          synchronized (freshnessLock) {
            if (failure == null) {
              lastTrouble = null;
              freshness.answered(askedAt);
            } else {
              noteFailure(failure);
              freshness.failed();
            }
          }
          judge();
        });
  }

  /** Where only one namespace may be seen, that has to stand for the cluster. */
  private CompletionStage<ClusterIdentity> askIdentity() {
    var fixed = settings.namespace();
    if (fixed.isEmpty()) {
      return api.namespaceUid(SYSTEM).thenApply(uid -> new ClusterIdentity(uid, Optional.empty()));
    }
    boolean seesAll = settings.capacity().seesNodes();
    return api.namespaceUid(seesAll ? SYSTEM : fixed.get())
        .thenCombine(namespaces.of(seesAll ? fixed.get() : SYSTEM), ClusterIdentity::new);
  }

  private void identify(ClusterIdentity answer) {
    listener
        .objection(this, answer)
        .ifPresent(
            objection -> {
              throw new ProviderException(Reason.INVALID, objection);
            });
    synchronized (informers) {
      if (closed) {
        return;
      }
      identity = answer;
      watch();
    }
  }

  /** One line for each kind of trouble, not for each probe. */
  private void noteFailure(Throwable failure) {
    var trouble = String.valueOf(failure.getMessage());
    if (!trouble.equals(lastTrouble)) {
      lastTrouble = trouble;
      log.warn("member {} cannot be used: {}", name(), trouble);
    }
  }

  private void judge() {
    boolean connected =
        identity != null
            && listsMissing.get() == 0
            && informers.stream().allMatch(SharedIndexInformer::isWatching);
    log.debug("member {}: connected {}, lists missing {}", name(), connected, listsMissing);
    synchronized (freshnessLock) {
      boolean now = freshness.isFresh(connected, System.nanoTime());
      if (now == fresh || closed) {
        return;
      }
      fresh = now;
      log.info("member {} is {}", name(), now ? "fresh" : "not fresh: it offers nothing new");
      listener.freshnessChanged(this, now);
    }
  }

  private static Pod slim(Pod pod) {
    var metadata = pod.getMetadata();
    return new PodBuilder()
        .withNewMetadata()
        .withName(metadata.getName())
        .withNamespace(metadata.getNamespace())
        .withUid(metadata.getUid())
        .withResourceVersion(metadata.getResourceVersion())
        .withLabels(metadata.getLabels())
        .withAnnotations(metadata.getAnnotations())
        .endMetadata()
        .build();
  }

  /** Hands on what one watch shows, and notices when its first list has been handed on. */
  private final class Forwarder<T extends HasMetadata> implements ResourceEventHandler<T> {

    private final BiConsumer<Member, T> seen;
    private final BiConsumer<Member, T> gone;
    private final Function<ObjectMeta, String> key;
    private final BiConsumer<Member, Set<String>> listed;
    private @Nullable Set<String> firstList = new HashSet<>();

    Forwarder(
        BiConsumer<Member, T> seen,
        BiConsumer<Member, T> gone,
        Function<ObjectMeta, String> key,
        BiConsumer<Member, Set<String>> listed) {
      this.seen = seen;
      this.gone = gone;
      this.key = key;
      this.listed = listed;
    }

    @Override
    public void onAdd(T object) {
      if (closed) {
        return; // its successor speaks for the member now
      }
      if (firstList != null) {
        firstList.add(key.apply(object.getMetadata()));
      }
      seen.accept(Member.this, object);
    }

    @Override
    public void onUpdate(T before, T object) {
      if (!closed) {
        seen.accept(Member.this, object);
      }
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
      if (!closed) {
        gone.accept(Member.this, object);
      }
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
      if (firstList != null && !closed) {
        listed.accept(Member.this, firstList);
        firstList = null;
        listsMissing.decrementAndGet();
      }
    }
  }
}
