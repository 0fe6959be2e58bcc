package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.node.ApiClients;
import io.virtualnode.testkit.LocalCluster;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Shows every state of a cluster's pods, by a watch of its own that goes past every proxy. While
 * the API server is away nobody can change anything; what was changed just before is shown by the
 * list that follows, in its last state.
 */
final class PodFeed implements AutoCloseable {

  private static final long PAGE = 500;

  private final KubernetesClient client;
  private final SharedIndexInformer<Pod> informer;

  /**
   * Begins, and returns when everything there is has been shown.
   *
   * @param gone is given the last state that was seen
   */
  PodFeed(LocalCluster cluster, Consumer<Pod> seen, Consumer<Pod> gone) {
    client = client(cluster);
    informer = client.pods().inAnyNamespace().withLimit(PAGE).runnableInformer(0);
    informer.exceptionHandler((started, failure) -> true);
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(Pod pod) {
            seen.accept(pod);
          }

          @Override
          public void onUpdate(Pod before, Pod pod) {
            seen.accept(pod);
          }

          @Override
          public void onDelete(Pod pod, boolean finalStateUnknown) {
            gone.accept(pod);
          }
        });
    informer.start().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** A client of an administrator's that repeats nothing and is soon back; the caller closes it. */
  static KubernetesClient client(LocalCluster cluster) {
    return ApiClients.client(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
  }

  @Override
  public void close() {
    informer.stop();
    client.close();
  }
}
