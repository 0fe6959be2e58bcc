package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.PodKey;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the pods that are bound to the node.
 *
 * <p>Lists are consistent: with a limit, fabric8 does not ask for resourceVersion 0. A pod that is
 * only missing from a list, because the watch was cut off meanwhile, is asked for by name before
 * anybody hears that it is gone: its work would be ended.
 */
final class PodWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PodWatch.class);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final long PAGE = 500;

  private final Pods pods;
  private final PodInbox inbox;
  private final PodApi api;
  private final Timer timer;
  private final CompletableFuture<Void> synced = new CompletableFuture<>();
  private final SharedIndexInformer<Pod> informer;
  private volatile boolean closed;

  /** A watch that begins with {@link #start}. */
  PodWatch(
      KubernetesClient client,
      String nodeName,
      Pods pods,
      PodInbox inbox,
      PodApi api,
      Timer timer) {
    this.pods = pods;
    this.inbox = inbox;
    this.api = api;
    this.timer = timer;
    this.informer =
        client
            .pods()
            .inAnyNamespace()
            .withField("spec.nodeName", nodeName)
            .withLimit(PAGE)
            .runnableInformer(0)
            .removeNamespaceIndex()
            .itemStore(pods.store())
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(new Handler());
  }

  /** Completes when every pod of the node has been seen and observed. */
  CompletionStage<Void> start() {
    informer.start();
    return synced.copy();
  }

  @Override
  public void close() {
    closed = true;
    informer.stop();
  }

  /** The pod was not in a list. Lists and single reads are both answered from the newest state. */
  private void confirmGone(PodKey key) {
    api.pod(key)
        .whenComplete(
            (found, failure) -> {
              if (closed) {
                return;
              }
              if (failure != null) {
                timer.schedule(RETRY, () -> confirmGone(key));
              } else if (found.isEmpty()) {
                inbox.forgotten(key);
              } else {
                log.warn("Pod {} was missing from a list and is there", key);
                pods.store().put(key.uid(), found.get());
                inbox.seen(found.get());
              }
            });
  }

  /** Called by the informer, one call at a time, in the order of the watch. */
  private final class Handler implements ResourceEventHandler<Pod> {

    @Override
    public void onAdd(Pod pod) {
      inbox.seen(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      inbox.seen(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
      PodKey key = PodKey.of(pod);
      if (finalStateUnknown) {
        confirmGone(key);
      } else {
        inbox.forgotten(key);
      }
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
      if (!synced.isDone()) {
        inbox.complete();
        log.info("{} pods are bound to the node", pods.store().size());
        synced.complete(null);
      }
    }
  }
}
