package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;

/** Watches the Node of one name for its controller. */
final class NodeWatch implements AutoCloseable {

  private final SharedIndexInformer<Node> informer;

  NodeWatch(KubernetesClient client, String name, NodeController controller) {
    this.informer =
        client
            .nodes()
            .withField("metadata.name", name)
            .withLimit(1L)
            .runnableInformer(0)
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(
                new ResourceEventHandler<>() {
                  @Override
                  public void onAdd(Node node) {
                    controller.seen(node);
                  }

                  @Override
                  public void onUpdate(Node before, Node node) {
                    controller.seen(node);
                  }

                  @Override
                  public void onDelete(Node node, boolean finalStateUnknown) {
                    controller.deleted(node);
                  }
                });
  }

  void start() {
    informer.start();
  }

  @Override
  public void close() {
    informer.stop();
  }
}
