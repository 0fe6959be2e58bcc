package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.node.ApiClients;
import io.virtualnode.node.NodeCounters;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Virtual nodes over member clusters, from a configuration, in this process and no other. How many
 * there are is the configured topology's to say. What the configuration says of replicas is not
 * looked at: {@link Replica} is for that.
 *
 * <p>Thread-safe. One instance runs once.
 */
public final class ForwardingNode implements NodeRunner {

  private static final Logger log = LoggerFactory.getLogger(ForwardingNode.class);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Clients clients;
  private final KubernetesClient primary;
  private final Duration patience;
  private final Predicate<Scope> parts;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final ScheduledExecutorService starter =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("vnode-start"));
  private Configuration configuration; // guarded by this
  private @Nullable Running running; // guarded by this
  private boolean closed; // guarded by this
  private Optional<String> primaryUid = Optional.empty(); // guarded by this

  /** What exists once the primary has answered. */
  private record Running(Forwarder forwarder, VirtualNodes nodes, SlotCollection slots) {}

  /** Nodes that have contacted nothing yet. */
  public ForwardingNode(Configuration configuration) {
    this(configuration, PATIENCE);
  }

  /** The same, with clients that somebody else makes. */
  ForwardingNode(Configuration configuration, Clients clients) {
    this(configuration, PATIENCE, clients, everything -> true);
  }

  /**
   * Some of them.
   *
   * @param parts the virtual nodes that are run, by what they stand for; others are left alone
   */
  ForwardingNode(Configuration configuration, Clients clients, Predicate<Scope> parts) {
    this(configuration, PATIENCE, clients, parts);
  }

  /**
   * The same.
   *
   * @param patience see {@link VirtualNodes#start}
   */
  ForwardingNode(Configuration configuration, Duration patience) {
    this(configuration, patience, Clients.CONFIGURED, everything -> true);
  }

  private ForwardingNode(
      Configuration configuration, Duration patience, Clients clients, Predicate<Scope> parts) {
    this.parts = parts;
    this.configuration = configuration;
    this.patience = patience;
    this.clients = clients;
    this.primary = clients.primary(configuration);
  }

  /** A client of the primary, to be closed by the caller. */
  public static KubernetesClient primaryClient(Configuration configuration) {
    return ApiClients.client(clientConfig(configuration.primary()));
  }

  /** A client of a member, to be closed by the caller. */
  public static KubernetesClient memberClient(MemberSettings settings) {
    return ApiClients.client(clientConfig(settings.access()));
  }

  /** How a client reaches a cluster; its credentials are followed as they change. */
  static Config clientConfig(ClusterAccess access) {
    return access.api().config();
  }

  @Override
  public synchronized Optional<String> primaryUid() {
    return primaryUid;
  }

  @Override
  public synchronized void primaryMustBe(String uid) {
    primaryUid = Optional.of(uid);
  }

  @Override
  public void start() {
    starter.execute(this::tryStart);
  }

  private void tryStart() {
    try {
      run(clusterUid(primary), virtualNodes(primary));
    } catch (RuntimeException e) {
      log.warn("The primary does not answer yet: {}", e.getMessage());
      if (!starter.isShutdown()) {
        var unused = starter.schedule(this::tryStart, RETRY.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  /** What identifies a cluster, as far as it may be read; blocks. */
  static String clusterUid(KubernetesClient cluster) {
    return cluster.namespaces().withName("kube-system").require().getMetadata().getUid();
  }

  /** All Nodes in the primary that are virtual nodes of this software. */
  static List<Node> virtualNodes(KubernetesClient primary) {
    return Pages.all(primary.nodes().withLabel("virtualnode.io/managed", "true")::list);
  }

  private synchronized void run(String uid, List<Node> present) {
    if (closed) {
      return;
    }
    if (!primaryUid.orElse(uid).equals(uid)) {
      fail(anotherPrimary(configuration, uid, primaryUid.get()));
      return;
    }
    primaryUid = Optional.of(uid);
    var settings = configuration.node();
    var forwarder = new Forwarder(configuration, uid, clients::member);
    var nodes = VirtualNodes.start(primary, forwarder, settings, parts, present, patience);
    var slots = new SlotCollection(primary, settings.name(), forwarder, nodes);
    running = new Running(forwarder, nodes, slots);
    pass(nodes.ended(), ended);
    nodes.ready().thenRun(slots::start);
    pass(nodes.ready(), ready);
  }

  /** Why nothing is run where the primary is another cluster than it was. */
  static ProviderException anotherPrimary(Configuration configuration, String uid, String before) {
    return new ProviderException(
        Reason.INVALID,
        "%s leads to another cluster (kube-system %s) than the primary that all pods belong to (%s): nothing of it is touched; correct the access, or start anew with this cluster"
            .formatted(configuration.primary(), uid, before));
  }

  private void fail(ProviderException failure) {
    ready.completeExceptionally(failure);
    ended.completeExceptionally(failure);
  }

  private static void pass(CompletionStage<Void> from, CompletableFuture<Void> to) {
    from.whenComplete(
        (nothing, failure) -> {
          if (failure == null) {
            to.complete(null);
          } else {
            to.completeExceptionally(failure);
          }
        });
  }

  /**
   * Completes when every virtual node is registered in the primary that the first look at the
   * members asks for; fails with {@link io.virtualnode.node.NodeException} if that can never be.
   */
  public CompletionStage<Void> ready() {
    return ready.copy();
  }

  @Override
  public CompletionStage<Void> ended() {
    return ended.copy();
  }

  @Override
  public synchronized void reload(Configuration newest) {
    configuration = newest;
    if (running != null) {
      running.forwarder.reload(newest);
      running.nodes.membersChanged();
    }
  }

  /** What the virtual nodes that run now have done since each was started, together. */
  public synchronized NodeCounters counters() {
    return running == null ? NodeCounters.NONE : running.nodes.counters();
  }

  /** How many lines of the account differ from a full recount now; anything but 0 is a bug. */
  public synchronized int drift() {
    return running == null ? 0 : running.forwarder.drift();
  }

  @Override
  public void close() {
    Running ending;
    synchronized (this) {
      closed = true;
      ending = running;
    }
    starter.shutdownNow();
    if (ending != null) {
      ending.slots.close();
      ending.nodes.close();
      ending.forwarder.close();
    }
    primary.close();
    ended.complete(null);
  }
}
