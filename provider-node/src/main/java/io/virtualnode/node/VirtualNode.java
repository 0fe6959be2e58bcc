package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link Provider} as a node of a primary cluster.
 *
 * <p>{@link #start} returns at once; the node registers as soon as the primary answers, the
 * provider has reported, and every pod bound to the node is known. It then goes on through any
 * outage of the primary until it is closed. {@link #close} leaves the Node object and its pods as
 * they are, so that the next process takes over; within the lease's 40 seconds nobody notices.
 *
 * <p>Thread-safe. One instance runs once.
 */
public final class VirtualNode implements AutoCloseable {

  /** The key of the taint that a node has unless {@link Builder#taints} says otherwise. */
  public static final String DEFAULT_TAINT_KEY = "virtualnode.io/provider";

  private static final Logger log = LoggerFactory.getLogger(VirtualNode.class);
  private static final Duration RETRY_START = Duration.ofSeconds(1);
  private static final Duration CLOSE_BOUND = Duration.ofSeconds(10);
  private static final int WORKERS = 8;

  private final NodeSettings settings;
  private final Provider provider;
  private final KubernetesClient client;
  private final KubernetesClient leaseClient;
  private final ExecutorService executor;
  private final Timer.OfSystem timer;
  private final Counters counters = new Counters();
  private final Pods pods = new Pods();
  private final PrimaryApi api;
  private final Events events;
  private final LeaseKeeper lease;
  private final NodeController node;
  private final PodWatch watch;
  private final WorkQueue<PodKey> podQueue;
  private final WorkQueue<PodKey> statusQueue;

  // guarded by this
  private boolean started;
  private boolean providerStarted;
  private boolean closed;

  private VirtualNode(Builder builder) {
    this.settings = builder.settings();
    this.provider = builder.provider;
    this.client = builder.client;
    this.leaseClient = ApiClients.leaseClient(client.getConfiguration(), LeaseKeeper.TIMEOUT);
    this.executor = workers(settings.name());
    this.timer = new Timer.OfSystem("vnode-" + settings.name() + "-timer");
    this.api = new PrimaryApi(client, executor);
    this.events = new Events(api, settings.name(), timer, counters);
    this.lease =
        new LeaseKeeper(
            settings.name(), new PrimaryApi(leaseClient, executor), executor, timer, counters);
    this.node = new NodeController(settings, client, api, lease, executor, timer, counters);

    StatusWriter writer = new StatusWriter(api, pods, events, timer, counters);
    RandomGenerator random = RandomGenerator.getDefault();
    this.statusQueue = new WorkQueue<>("status write", writer::write, executor, timer, random);
    PodController controller =
        new PodController(provider, pods, events, counters, statusQueue::add);
    this.podQueue = new WorkQueue<>("work", controller::reconcile, executor, timer, random);
    this.watch =
        new PodWatch(
            client,
            settings.name(),
            pods,
            provider instanceof PodObserver observer ? observer : null,
            key -> {
              podQueue.add(key);
              statusQueue.add(key);
            });
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
   * @throws NodeException if the node can never be run so
   */
  public static void run(Provider provider, String nodeName) {
    try (KubernetesClient client = ApiClients.client(Config.autoConfigure(null));
        VirtualNode node = builder(client, provider).name(nodeName).build()) {
      CountDownLatch ended = new CountDownLatch(1);
      Runnable close = node::close;
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    close.run();
                    ended.countDown();
                  },
                  "vnode-shutdown"));
      node.start();
      node.ready().toCompletableFuture().join();
      ended.await();
    } catch (CompletionException e) {
      throw e.getCause() instanceof NodeException cause ? cause : e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Starts and returns at once.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public synchronized void start() {
    if (started || closed) {
      throw new IllegalStateException("node " + settings.name() + " was started before");
    }
    started = true;
    log.info("Node {} starts on {}", settings.name(), client.getMasterUrl());
    startProvider();
  }

  /**
   * Completes when the node is registered and its lease held; fails with {@link NodeException} if
   * that can never be.
   */
  public CompletionStage<Void> ready() {
    return node.ready().copy();
  }

  /**
   * Waits until the node is registered and its lease held.
   *
   * @throws NodeException if that can never be, or was not so in time
   */
  public void awaitReady(Duration atMost) {
    try {
      node.ready().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof NodeException cause ? cause : new CompletionException(e);
    } catch (TimeoutException e) {
      throw new NodeException(
          NodeException.Reason.TIMEOUT,
          "node " + settings.name() + " is not ready after " + atMost,
          e);
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
    return pods.states().size();
  }

  /**
   * Ends without touching what runs: waits a bounded time for calls and writes under way, writes
   * the statuses that are due, then stops the provider. The Node object stays. Idempotent.
   */
  @Override
  public void close() {
    boolean stopProvider;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      stopProvider = providerStarted;
    }
    watch.close();
    await(podQueue.close(), "calls of the provider");
    pods.states().forEach(state -> statusQueue.add(state.key()));
    await(statusQueue.close(), "status writes");
    if (stopProvider) {
      try {
        provider.stop();
      } catch (RuntimeException e) {
        log.error("The provider failed to stop", e);
      }
    }
    node.close();
    lease.close();
    node.ready()
        .completeExceptionally(
            new NodeException(
                NodeException.Reason.CLOSED, "node " + settings.name() + " was closed", null));
    timer.close();
    executor.shutdown();
    leaseClient.close();
    log.info("Node {} is closed; its Node object stays", settings.name());
  }

  /** Repeated until the primary has said who it is, which the provider has to know. */
  private void startProvider() {
    api.namespaceUid("kube-system").whenComplete(this::primaryKnown);
  }

  private synchronized void primaryKnown(String uid, Throwable failure) {
    if (closed) {
      return;
    }
    if (failure != null) {
      log.warn("The primary does not answer yet: {}", PrimaryApi.unwrap(failure).getMessage());
      timer.schedule(RETRY_START, this::startProvider);
      return;
    }
    providerStarted = true;
    try {
      provider.start(
          new ProviderLink(
              settings.name(),
              uid,
              api,
              pods,
              events,
              node::report,
              podQueue::add,
              statusQueue::add));
    } catch (RuntimeException e) {
      log.error("The provider failed to start", e);
      node.ready()
          .completeExceptionally(
              new NodeException(
                  NodeException.Reason.PROVIDER_FAILED, "the provider failed to start: " + e, e));
      return;
    }
    node.start();
    watch.start().thenRun(node::podsSynced);
  }

  private static void await(CompletionStage<Void> end, String what) {
    try {
      end.toCompletableFuture().get(CLOSE_BOUND.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.warn("Did not wait longer for {}", what);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ExecutorService workers(String name) {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        WORKERS,
        task -> {
          Thread thread = new Thread(task, "vnode-" + name + "-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Describes a node; every property but the name has a default. Not thread-safe. */
  public static final class Builder {

    private final KubernetesClient client;
    private final Provider provider;
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final List<NodeAddress> addresses = new ArrayList<>();
    private final List<String> declaredFeatures = new ArrayList<>();
    private List<Taint> taints =
        List.of(new Taint("NoSchedule", DEFAULT_TAINT_KEY, null, "virtualnode"));
    private String name = "";
    private String operatingSystem = "linux";
    private String architecture = goArchitecture(System.getProperty("os.arch", "amd64"));
    private OptionalInt kubeletPort = OptionalInt.empty();

    private Builder(KubernetesClient client, Provider provider) {
      this.client = requireNonNull(client, "client is null");
      this.provider = requireNonNull(provider, "provider is null");
    }

    /** The Node's name, also its hostname: a DNS subdomain. Required. */
    public Builder name(String value) {
      this.name = requireNonNull(value, "name is null");
      return this;
    }

    /** Adds labels to those that every virtual node has. */
    public Builder labels(Map<String, String> values) {
      labels.putAll(values);
      return this;
    }

    /** Adds annotations. */
    public Builder annotations(Map<String, String> values) {
      annotations.putAll(values);
      return this;
    }

    /**
     * The taints to register with, an empty list for none; the default is {@link
     * #DEFAULT_TAINT_KEY}{@code =virtualnode:NoSchedule}. They are set when the Node is created and
     * when the process starts; one that is taken off meanwhile stays off.
     */
    public Builder taints(List<Taint> values) {
      this.taints = List.copyOf(values);
      return this;
    }

    /** Where the primary's API server reaches the kubelet API of this node. */
    public Builder internalIp(String ip) {
      addresses.add(new NodeAddress(requireNonNull(ip, "ip is null"), "InternalIP"));
      return this;
    }

    /** The port of the kubelet API, if it is served; 0 to 65535. */
    public Builder kubeletPort(int port) {
      this.kubeletPort = OptionalInt.of(port);
      return this;
    }

    /** What the pods of this node run on, in Go's words; the default is {@code linux}. */
    public Builder operatingSystem(String value) {
      this.operatingSystem = requireNonNull(value, "operatingSystem is null");
      return this;
    }

    /** What the pods of this node run on, in Go's words; the default is this machine's. */
    public Builder architecture(String value) {
      this.architecture = requireNonNull(value, "architecture is null");
      return this;
    }

    /** Adds to {@code status.declaredFeatures} (KEP-5328); the default is none. */
    public Builder declaredFeatures(List<String> values) {
      declaredFeatures.addAll(values);
      return this;
    }

    /**
     * The node, not started yet.
     *
     * @throws IllegalArgumentException if it has no name
     */
    public VirtualNode build() {
      return new VirtualNode(this);
    }

    private NodeSettings settings() {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("name: a node must have one");
      }
      List<NodeAddress> all = new ArrayList<>(addresses);
      all.add(new NodeAddress(name, "Hostname"));
      return new NodeSettings(
          name,
          labels,
          annotations,
          taints,
          all,
          operatingSystem,
          architecture,
          declaredFeatures,
          kubeletPort);
    }

    private static String goArchitecture(String java) {
      return switch (java.toLowerCase(Locale.ROOT)) {
        case "x86_64", "amd64" -> "amd64";
        case "aarch64", "arm64" -> "arm64";
        default -> java;
      };
    }
  }
}
