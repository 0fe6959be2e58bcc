package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link Provider} as a node of a primary cluster.
 *
 * <p>{@link #start} returns at once; the node registers as soon as the primary answers, the
 * provider has reported, and every pod bound to the node is known. It then goes on through any
 * outage of the primary until it is closed, or until somebody else's Node takes its name. {@link
 * #close} leaves the Node object and its pods as they are, so that the next process takes over;
 * within the lease's 40 seconds nobody notices.
 *
 * <p>Thread-safe. One instance runs once.
 */
public final class VirtualNode implements AutoCloseable {

  /** The key of the taint that a node has unless {@link Builder#taints} says otherwise. */
  public static final String DEFAULT_TAINT_KEY = NodeDescription.DEFAULT_TAINT_KEY;

  private static final Logger log = LoggerFactory.getLogger(VirtualNode.class);
  private static final Duration RETRY_START = Duration.ofSeconds(1);

  private final String name;
  private final Provider provider;
  private final KubernetesClient client;
  private final KubernetesClient leaseClient;
  private final Threads threads;
  private final Counters counters = new Counters();
  private final PrimaryApi api;
  private final LeaseKeeper lease;
  private final NodeController node;
  private final NodeWatch nodeWatch;
  private final PodLoop pods;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  // guarded by this
  private boolean started;
  private boolean providerStarted;
  private @Nullable CompletableFuture<Void> closing;

  private VirtualNode(NodeDescription description, KubernetesClient client, Provider provider) {
    this.name = description.name();
    this.provider = provider;
    this.client = client;
    this.leaseClient = ApiClients.leaseClient(client.getConfiguration(), LeaseKeeper.TIMEOUT);
    this.threads = new Threads(name);
    Timer timer = threads.timer();
    this.api = new PrimaryApi(client, threads.writes(), timer);
    PrimaryApi leases = new PrimaryApi(leaseClient, threads.lease(), timer);
    this.lease = new LeaseKeeper(name, leases, threads.lease(), timer, counters);
    this.node = new NodeController(description, api, lease, threads.writes(), timer, counters);
    this.nodeWatch = new NodeWatch(client, name, node);
    this.pods = new PodLoop(name, provider, client, api, threads, counters);
    node.ready().thenRun(() -> ready.complete(null));
    node.failed().thenAccept(this::fail);
  }

  /**
   * Begins to describe a node.
   *
   * @param primary of the cluster that gets the node, best made by {@link ApiClients#client}; it
   *     stays the caller's and must stay open until the node is closed
   */
  public static Builder builder(KubernetesClient primary, Provider provider) {
    return new Builder(primary, provider);
  }

  /**
   * Runs a provider as a node until the process is told to end: all that a {@code main} needs.
   *
   * <p>The primary is found as {@code kubectl} finds it, or from inside a pod of it.
   *
   * @throws NodeException if the node can never, or no longer, be run so
   */
  public static void run(Provider provider, String nodeName) {
    try (KubernetesClient client = ApiClients.client(Config.autoConfigure(null));
        VirtualNode node = builder(client, provider).name(nodeName).build()) {
      Runtime.getRuntime().addShutdownHook(new Thread(node::close, "vnode-shutdown"));
      node.start();
      node.ended.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof NodeException cause ? cause : e;
    }
  }

  /**
   * Starts and returns at once.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public synchronized void start() {
    if (started || closing != null) {
      throw new IllegalStateException("node " + name + " was started before");
    }
    started = true;
    log.info("Node {} starts on {}", name, client.getMasterUrl());
    askForPrimary();
  }

  /**
   * Completes when the node is registered and its lease held; fails with {@link NodeException} if
   * that can never be.
   */
  public CompletionStage<Void> ready() {
    return ready.copy();
  }

  /**
   * Completes when the node is closed; fails with {@link NodeException} if it could never, or can
   * no longer, be run, and was closed therefore.
   */
  public CompletionStage<Void> ended() {
    return ended.copy();
  }

  /**
   * Waits until the node is registered and its lease held.
   *
   * @throws NodeException if that can never be, or was not so in time
   */
  public void awaitReady(Duration atMost) {
    try {
      ready.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof NodeException cause ? cause : new CompletionException(e);
    } catch (TimeoutException e) {
      throw new NodeException(
          NodeException.Reason.TIMEOUT, "node " + name + " is not ready after " + atMost, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException(NodeException.Reason.TIMEOUT, "interrupted while waiting", e);
    }
  }

  /** What has been done since the start. */
  public NodeCounters counters() {
    return counters.snapshot();
  }

  /** How many pods anything is remembered of. */
  int knownPods() {
    return pods.known();
  }

  /**
   * Ends without touching what runs: waits a bounded time for calls and writes under way, writes
   * the statuses that are due, then stops the provider. The Node object stays. Idempotent.
   */
  @Override
  public void close() {
    end(new NodeException(NodeException.Reason.CLOSED, "node " + name + " was closed", null))
        .join();
    ended.complete(null);
  }

  private void fail(NodeException reason) {
    var unused = end(reason).thenRun(() -> ended.completeExceptionally(reason));
  }

  private CompletableFuture<Void> end(NodeException reason) {
    boolean stopProvider;
    CompletableFuture<Void> end = new CompletableFuture<>();
    synchronized (this) {
      if (closing != null) {
        return closing;
      }
      closing = end;
      stopProvider = providerStarted;
    }
    ready.completeExceptionally(reason);
    nodeWatch.close();
    pods.end()
        .thenRunAsync(() -> release(stopProvider), threads.writes())
        .whenComplete((nothing, failure) -> end.complete(null));
    return end;
  }

  private void release(boolean stopProvider) {
    if (stopProvider) {
      try {
        provider.stop();
      } catch (Throwable e) { // errors too: the rest has to be released
        log.error("The provider failed to stop", e);
      }
    }
    node.close();
    lease.close();
    threads.close();
    leaseClient.close();
    log.info("Node {} is closed; its Node object stays", name);
  }

  /** Repeated until the primary has said who it is, which the provider has to know. */
  private void askForPrimary() {
    api.namespaceUid("kube-system").whenCompleteAsync(this::primaryKnown, threads.calls());
  }

  private synchronized void primaryKnown(String uid, @Nullable Throwable failure) {
    if (closing != null) {
      return;
    }
    if (failure != null) {
      log.warn("The primary does not answer yet: {}", PrimaryApi.unwrap(failure).getMessage());
      threads.timer().schedule(RETRY_START, this::askForPrimary);
      return;
    }
    providerStarted = true;
    try {
      provider.start(pods.link(uid, node::report));
    } catch (Throwable e) { // errors too, such as a class that is missing
      log.error("The provider failed to start", e);
      fail(
          new NodeException(
              NodeException.Reason.PROVIDER_FAILED, "the provider failed to start: " + e, e));
      return;
    }
    node.start();
    node.checked().thenRun(this::watch);
  }

  private synchronized void watch() {
    if (closing == null) {
      nodeWatch.start();
      pods.start().thenRun(node::podsSynced);
    }
  }

  /** Describes a node; every property but the name has a default. Not thread-safe. */
  public static final class Builder {

    private final KubernetesClient client;
    private final Provider provider;
    private final NodeDescription.Builder description = new NodeDescription.Builder();

    private Builder(KubernetesClient client, Provider provider) {
      this.client = requireNonNull(client, "client is null");
      this.provider = requireNonNull(provider, "provider is null");
    }

    /** As {@link NodeDescription.Builder#name}. Required. */
    public Builder name(String value) {
      description.name(value);
      return this;
    }

    /** As {@link NodeDescription.Builder#labels}. */
    public Builder labels(Map<String, String> values) {
      description.labels(values);
      return this;
    }

    /** As {@link NodeDescription.Builder#annotations}. */
    public Builder annotations(Map<String, String> values) {
      description.annotations(values);
      return this;
    }

    /** As {@link NodeDescription.Builder#taints}. */
    public Builder taints(List<Taint> values) {
      description.taints(values);
      return this;
    }

    /** As {@link NodeDescription.Builder#internalIp}. */
    public Builder internalIp(String ip) {
      description.internalIp(ip);
      return this;
    }

    /** As {@link NodeDescription.Builder#kubeletPort}: advertised, not served. */
    public Builder kubeletPort(int port) {
      description.kubeletPort(port);
      return this;
    }

    /** As {@link NodeDescription.Builder#operatingSystem}. */
    public Builder operatingSystem(String value) {
      description.operatingSystem(value);
      return this;
    }

    /** As {@link NodeDescription.Builder#architecture}. */
    public Builder architecture(String value) {
      description.architecture(value);
      return this;
    }

    /** As {@link NodeDescription.Builder#declaredFeatures}. */
    public Builder declaredFeatures(List<String> values) {
      description.declaredFeatures(values);
      return this;
    }

    /**
     * The node, not started yet.
     *
     * @throws IllegalArgumentException that lists all faults of the description, each with its
     *     place
     */
    public VirtualNode build() {
      return new VirtualNode(description.build(), client, provider);
    }
  }
}
