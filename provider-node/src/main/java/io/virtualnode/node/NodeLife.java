package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.virtualnode.api.NodeObserver;
import io.virtualnode.api.Provider;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node from its start to its end: which of its parts runs when.
 *
 * <p>Start: the provider, once it is known which primary this is; the Node's name is asked for;
 * only when it is free or ours are pods looked at; the Node is registered after all of them have
 * been seen. End: no more news; what is under way and due; the provider; Node and lease.
 */
final class NodeLife {

  private static final Logger log = LoggerFactory.getLogger(NodeLife.class);

  private final String name;
  private final Provider provider;
  private final NodeHost host;
  private final Runnable left;
  private final Counters counters = new Counters();
  private final LeaseKeeper lease;
  private final NodeController node;
  private final PodLoop pods;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  // guarded by this
  private boolean started;
  private boolean providerStarted;
  private boolean ending;

  /**
   * A node that has contacted nothing.
   *
   * @param left is run when the node has ended, before anybody is told
   */
  NodeLife(NodeHost host, NodeDescription description, Provider provider, Runnable left) {
    this.name = description.name();
    this.provider = provider;
    this.host = host;
    this.left = left;
    Threads threads = host.threads();
    Timer timer = threads.timer();
    double phase = host.nextPhase();
    this.lease = new LeaseKeeper(name, host.leases(), phase, threads.lease(), timer, counters);
    this.node =
        new NodeController(
            description, host.api(), lease, phase, threads.writes(), timer, counters);
    this.pods = new PodLoop(name, provider, host, counters);
    if (provider instanceof NodeObserver observer) {
      node.onSeen(seen -> observe(observer, seen));
    }
    node.ready().thenRun(() -> ready.complete(null));
    node.failed().thenAccept(this::end);
  }

  private void observe(NodeObserver observer, Node seen) {
    try {
      observer.nodeObserved(seen);
    } catch (RuntimeException e) {
      log.error("The provider could not take note of what Node {} has become", name, e);
    }
  }

  /** Completes when the node is registered, fails if it cannot be. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** Completes when the node is closed, fails with the reason if it was not by its owner. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  Counters counters() {
    return counters;
  }

  NodeDescription description() {
    return node.description();
  }

  int knownPods() {
    return pods.known();
  }

  void describe(UnaryOperator<NodeDescription> change) {
    node.describe(change);
  }

  synchronized void start() {
    if (started || ending) {
      throw new IllegalStateException("node " + name + " was started before");
    }
    started = true;
    var unused = host.primaryUid().thenAcceptAsync(this::startProvider, host.threads().calls());
  }

  private synchronized void startProvider(String primaryUid) {
    if (ending) {
      return;
    }
    providerStarted = true;
    try {
      provider.start(pods.link(primaryUid, node::report));
    } catch (Throwable e) { // errors too, such as a class that is missing
      log.error("The provider of node {} failed to start", name, e);
      end(
          new NodeException(
              NodeException.Reason.PROVIDER_FAILED, "the provider failed to start: " + e, e));
      return;
    }
    host.nodeWatch().add(name, node);
    node.start();
    node.checked().thenRun(this::watchPods);
  }

  private synchronized void watchPods() {
    if (!ending) {
      pods.start().thenRun(node::podsSynced);
    }
  }

  /** Whether this call is the first to end the node, which then is under way. */
  synchronized boolean close() {
    if (ending) {
      return false;
    }
    end(new NodeException(NodeException.Reason.CLOSED, "node " + name + " was closed", null));
    return true;
  }

  /** Waits for the end, which must be under way. */
  void awaitEnd() {
    var unused = ended.handle((nothing, failure) -> true).join();
  }

  private void end(NodeException reason) {
    boolean stopProvider;
    synchronized (this) {
      if (ending) {
        return;
      }
      ending = true;
      stopProvider = providerStarted;
    }
    ready.completeExceptionally(reason);
    host.nodeWatch().remove(name);
    pods.end()
        .thenRunAsync(() -> stop(stopProvider), host.threads().stops())
        .whenComplete((nothing, failure) -> over(reason));
  }

  private void stop(boolean stopProvider) {
    if (stopProvider) {
      try {
        provider.stop();
      } catch (Throwable e) { // errors too: the rest has to be released
        log.error("The provider of node {} failed to stop", name, e);
      }
    }
    node.close();
    lease.close();
    log.info("Node {} is closed; its Node object stays", name);
  }

  private void over(NodeException reason) {
    left.run();
    if (reason.reason() == NodeException.Reason.CLOSED) {
      ended.complete(null);
    } else {
      ended.completeExceptionally(reason);
    }
  }
}
