package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeObserver;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import io.virtualnode.api.Provider;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One virtual node's way to the {@link Forwarder}, which all virtual nodes share.
 *
 * <p>Thread-safe; no method blocks.
 */
final class ForwardingProvider implements Provider, PodObserver, NodeObserver {

  private final Forwarder forwarder;
  private final Scope scope;
  private final Set<String> observed = ConcurrentHashMap.newKeySet(); // until all are known
  private final CompletableFuture<Void> synced = new CompletableFuture<>();

  /**
   * A provider that is not yet started.
   *
   * @param scope what its virtual node stands for
   */
  ForwardingProvider(Forwarder forwarder, Scope scope) {
    this.forwarder = forwarder;
    this.scope = scope;
  }

  /** Completes when every pod of the virtual node is known. */
  CompletionStage<Void> synced() {
    return synced;
  }

  @Override
  public void start(NodeContext node) {
    forwarder.join(scope, node);
  }

  @Override
  public Set<String> pushedConditions() {
    return Set.of(DelegateStatus.SCHEDULED);
  }

  @Override
  public void podObserved(Pod pod) {
    if (!synced.isDone()) {
      observed.add(pod.getMetadata().getUid());
    }
    forwarder.podObserved(pod, scope);
  }

  @Override
  public void podForgotten(PodKey proxy, boolean witnessed) {
    forwarder.podForgotten(proxy, witnessed);
  }

  @Override
  public void podsSynced() {
    forwarder.podsSynced(scope, Set.copyOf(observed));
    synced.complete(null);
    observed.clear();
  }

  @Override
  public void nodeObserved(Node node) {
    forwarder.nodeObserved(node, scope);
  }

  @Override
  public CompletionStage<Void> apply(Pod pod) {
    return forwarder.apply(pod, scope);
  }

  @Override
  public CompletionStage<Void> remove(PodKey proxy, Duration grace) {
    return forwarder.remove(proxy, grace, scope);
  }

  @Override
  public void stop() {
    forwarder.leave(scope);
  }
}
