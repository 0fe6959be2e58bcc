package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the pods that are bound to the node, tells the observer, and hands their keys on.
 *
 * <p>Lists are consistent: with a limit, fabric8 does not ask for resourceVersion 0. Keys are
 * handed on only after the first list is complete, so that a provider that keeps accounts decides
 * nothing before it has seen every pod.
 */
final class PodWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PodWatch.class);
  private static final long PAGE = 500;

  private final Pods pods;
  private final @Nullable PodObserver observer;
  private final Consumer<PodKey> changed;
  private final CompletableFuture<Void> synced = new CompletableFuture<>();
  private final SharedIndexInformer<Pod> informer;

  /**
   * A watch that begins with {@link #start}.
   *
   * @param changed is called for each pod that was seen, changed or deleted; must not block
   */
  PodWatch(
      KubernetesClient client,
      String nodeName,
      Pods pods,
      @Nullable PodObserver observer,
      Consumer<PodKey> changed) {
    this.pods = pods;
    this.observer = observer;
    this.changed = changed;
    this.informer =
        client
            .pods()
            .inAnyNamespace()
            .withField("spec.nodeName", nodeName)
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(pods.store())
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(new Handler());
  }

  /** Completes when every pod of the node has been seen and observed. */
  CompletionStage<Void> start() {
    informer.start();
    return synced.copy();
  }

  /** Whether the watch stands at this moment. */
  boolean isWatching() {
    return informer.isWatching();
  }

  @Override
  public void close() {
    informer.stop();
  }

  private void seen(Pod pod) {
    PodKey key = PodKey.of(pod);
    pods.observed(pod);
    observe(key, observing -> observing.podObserved(pod));
    if (pods.synced()) {
      changed.accept(key);
    }
  }

  private void observe(@Nullable PodKey key, Consumer<PodObserver> call) {
    if (observer == null) {
      return;
    }
    try {
      call.accept(observer);
    } catch (RuntimeException e) {
      log.error("The provider's observer failed on {}", key == null ? "the sync" : key, e);
    }
  }

  /** Called by the informer, one call at a time, in the order of the watch. */
  private final class Handler implements ResourceEventHandler<Pod> {

    @Override
    public void onAdd(Pod pod) {
      seen(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      seen(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
      PodKey key = PodKey.of(pod);
      observe(key, observing -> observing.podForgotten(key));
      if (pods.synced()) {
        changed.accept(key);
      }
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
      if (synced.isDone()) {
        return;
      }
      pods.allSeen();
      observe(null, PodObserver::podsSynced);
      pods.states().forEach(state -> changed.accept(state.key()));
      log.info("{} pods are bound to the node", pods.store().size());
      synced.complete(null);
    }
  }
}
