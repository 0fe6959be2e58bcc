package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.Provider;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds many virtual nodes of one primary cluster in one process.
 *
 * <p>Its nodes share the connections, the threads, one watch of pods and one of Nodes, so that a
 * thousand idle nodes cost little more than their leases: a renewal every ten seconds and a status
 * every five minutes each, spread evenly over that time. Nodes come ({@link #add}) and go ({@link
 * VirtualNode#close}, {@link VirtualNode#remove}) while it runs.
 *
 * <p>The watch of pods is one of all bound pods of the primary. For a single node of a large
 * primary whose pods are mostly elsewhere, {@link VirtualNode#builder} is cheaper: it watches that
 * node's pods only.
 *
 * <p>Thread-safe.
 */
public final class NodeHost implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NodeHost.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Its multiples, taken modulo 1, fill the interval evenly at any number of them. */
  private static final double GOLDEN_RATIO = 0.618_033_988_749_895;

  private final @Nullable String onlyNode;
  private final KubernetesClient leaseClient;
  private final Threads threads;
  private final PrimaryApi api;
  private final PrimaryApi leases;
  private final PodWatch pods;
  private final NodeWatch nodes;
  private final CompletableFuture<String> primaryUid = new CompletableFuture<>();
  private final AtomicBoolean asked = new AtomicBoolean();
  private final AtomicLong number;
  private final ConcurrentHashMap<String, VirtualNode> members = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private NodeHost(KubernetesClient client, @Nullable String onlyNode, long firstNumber) {
    requireNonNull(client, "client is null");
    this.onlyNode = onlyNode;
    this.leaseClient = ApiClients.leaseClient(client, LeaseKeeper.TIMEOUT);
    this.threads = new Threads(onlyNode == null ? "host" : onlyNode);
    this.api = new PrimaryApi(client, threads.writes(), threads.timer());
    this.leases = new PrimaryApi(leaseClient, threads.lease(), threads.timer());
    this.pods = new PodWatch(client, onlyNode, api, threads.timer());
    this.nodes = new NodeWatch(client, onlyNode);
    this.number = new AtomicLong(firstNumber);
  }

  /**
   * A host without nodes; nothing is contacted before the first is added.
   *
   * @param primary of the cluster that gets the nodes, best made by {@link ApiClients#client}; it
   *     stays the caller's and must stay open until the host is closed
   */
  public static NodeHost on(KubernetesClient primary) {
    return new NodeHost(primary, null, 0);
  }

  /**
   * A host that takes one node only, of that name, and watches the pods of no other.
   *
   * @param primary as for {@link #on}
   */
  public static NodeHost ofOne(KubernetesClient primary, String nodeName) {
    return new NodeHost(primary, nodeName, nodeName.hashCode() & 0xFFFF);
  }

  /**
   * Adds a node and starts it; returns at once.
   *
   * @param provider the node's own: one object serves one node
   * @throws IllegalStateException if the host is closed, has a node of that name, or is for one of
   *     another name only
   */
  public VirtualNode add(NodeDescription description, Provider provider) {
    if (onlyNode != null && !onlyNode.equals(description.name())) {
      throw new IllegalStateException("this host is for node " + onlyNode + " only");
    }
    VirtualNode node = new VirtualNode(this, false, description, provider);
    VirtualNode there = members.putIfAbsent(description.name(), node);
    if (there != null) {
      throw new IllegalStateException("node " + description.name() + " is here already");
    }
    if (closed) {
      members.remove(description.name(), node);
      throw new IllegalStateException("the host is closed");
    }
    node.start();
    return node;
  }

  /** The node of that name, if it was added and has not ended. */
  public Optional<VirtualNode> find(String name) {
    return Optional.ofNullable(members.get(name));
  }

  /** The nodes that were added and have not ended. */
  public List<VirtualNode> nodes() {
    return List.copyOf(members.values());
  }

  /**
   * Closes all nodes, as {@link VirtualNode#close} does, at the same time, and releases what they
   * shared. Idempotent.
   */
  @Override
  public void close() {
    closed = true;
    List<VirtualNode> ending = nodes();
    ending.forEach(VirtualNode::beginClose);
    ending.forEach(VirtualNode::awaitEnd);
    pods.close();
    nodes.close();
    threads.close();
    leaseClient.close();
  }

  /** What identifies the primary; asked for until it is known. */
  CompletionStage<String> primaryUid() {
    if (!asked.getAndSet(true)) {
      ask();
    }
    return primaryUid.copy();
  }

  private void ask() {
    api.namespaceUid("kube-system")
        .whenComplete(
            (uid, failure) -> {
              if (failure == null) {
                primaryUid.complete(uid);
              } else if (!closed) {
                log.warn(
                    "The primary does not answer yet: {}", PrimaryApi.unwrap(failure).getMessage());
                threads.timer().schedule(RETRY, this::ask);
              }
            });
  }

  Threads threads() {
    return threads;
  }

  PrimaryApi api() {
    return api;
  }

  LeaseApi leases() {
    return leases;
  }

  PodWatch podWatch() {
    return pods;
  }

  NodeWatch nodeWatch() {
    return nodes;
  }

  /** Where in their intervals the next node's recurring writes are, from 0 to below 1. */
  double nextPhase() {
    double place = number.incrementAndGet() * GOLDEN_RATIO;
    return place - Math.floor(place);
  }

  /** The node has ended. */
  void left(VirtualNode node) {
    members.remove(node.name(), node);
  }
}
