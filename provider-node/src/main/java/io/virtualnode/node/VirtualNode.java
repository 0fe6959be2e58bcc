package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link Provider} as a node of a primary cluster: alone in its process, or as one of many
 * of a {@link NodeHost}.
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

  private final String name;
  private final NodeHost host;
  private final boolean alone;
  private final NodeLife life;

  /** One of a host, or alone in one that ends with it. */
  VirtualNode(NodeHost host, boolean alone, NodeDescription description, Provider provider) {
    this.name = description.name();
    this.host = host;
    this.alone = alone;
    this.life =
        new NodeLife(host, description, requireNonNull(provider, "provider is null"), this::left);
  }

  /**
   * Begins to describe a node that is alone in its process.
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
   * <p>The primary is found as {@code kubectl} finds it, or from inside a pod of it. Its
   * credentials may change meanwhile, as {@link ApiAccess} says.
   *
   * @throws NodeException if the node can never, or no longer, be run so
   */
  public static void run(Provider provider, String nodeName) {
    try (KubernetesClient client = ApiClients.client(ApiAccess.standard().config());
        VirtualNode node = builder(client, provider).name(nodeName).build()) {
      Runtime.getRuntime().addShutdownHook(new Thread(node::close, "vnode-shutdown"));
      node.start();
      node.life.ended().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof NodeException cause ? cause : e;
    }
  }

  /** The Node's name. */
  public String name() {
    return name;
  }

  /**
   * Starts and returns at once. A node of a {@link NodeHost} was started by it.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public void start() {
    life.start();
  }

  /**
   * Completes when the node is registered and its lease held; fails with {@link NodeException} if
   * that can never be.
   */
  public CompletionStage<Void> ready() {
    return life.ready().copy();
  }

  /**
   * Completes when the node is closed; fails with {@link NodeException} if it could never, or can
   * no longer, be run, and was closed therefore.
   */
  public CompletionStage<Void> ended() {
    return life.ended().copy();
  }

  /**
   * Waits until the node is registered and its lease held.
   *
   * @throws NodeException if that can never be, or was not so in time
   */
  public void awaitReady(Duration atMost) {
    try {
      life.ready().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
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
    return life.counters().snapshot();
  }

  /**
   * Replaces the labels that the node was described with, soon and without waiting. Those that were
   * put on the Node by an earlier description, also of an earlier process, and are not among these
   * are taken off; those of others stay.
   *
   * @throws IllegalArgumentException that lists all faults
   */
  public void labels(Map<String, String> labels) {
    life.describe(description -> description.withLabels(labels));
  }

  /**
   * Replaces the taints that the node was described with, as {@link #labels} does. Do not use keys
   * of {@code node.kubernetes.io/}: the primary itself sets and removes those.
   *
   * @throws IllegalArgumentException that lists all faults
   */
  public void taints(List<Taint> taints) {
    life.describe(description -> description.withTaints(taints));
  }

  /** How many pods anything is remembered of. */
  int knownPods() {
    return life.knownPods();
  }

  /**
   * Ends without touching what runs: waits a bounded time for calls and writes under way, writes
   * the statuses that are due, then stops the provider. The Node object stays. Idempotent.
   */
  @Override
  public void close() {
    beginClose();
    life.awaitEnd();
    releaseIfAlone();
  }

  /**
   * Closes the node and then takes its Node object out of the primary, if no pods are on it but
   * those of DaemonSets. A taint keeps new pods off while that is being found out.
   *
   * @return whether the primary has no such Node any more; if not, the log says why
   * @throws IllegalStateException if it was closed before
   */
  public boolean remove() {
    if (!beginClose()) {
      throw new IllegalStateException("node " + name + " was closed before");
    }
    life.awaitEnd();
    try {
      Timer timer = host.threads().timer();
      return new NodeRemoval(life.description(), host.api(), host.api(), timer)
          .run()
          .toCompletableFuture()
          .join();
    } finally {
      releaseIfAlone();
    }
  }

  /** Whether this call is the first to end the node. */
  boolean beginClose() {
    return life.close();
  }

  void awaitEnd() {
    life.awaitEnd();
  }

  private void left() {
    host.left(this);
  }

  private void releaseAfter(@Nullable Throwable failure) {
    if (failure != null) {
      host.close();
    }
  }

  private void releaseIfAlone() {
    if (alone) {
      host.close();
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
      NodeDescription described = description.build();
      NodeHost host = NodeHost.ofOne(client, described.name());
      VirtualNode node = new VirtualNode(host, true, described, provider);
      // One that ends by itself, because its name is taken, may never be closed by anybody.
      var unused = node.life.ended().whenComplete((nothing, failure) -> node.releaseAfter(failure));
      return node;
    }
  }
}
