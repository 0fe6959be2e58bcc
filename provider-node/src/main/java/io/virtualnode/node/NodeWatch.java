package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches the Nodes of ours, all with one watch, and tells each controller of its own.
 *
 * <p>For a single node the API server is asked for that name, for several for all that carry our
 * label. A Node that loses the label looks deleted to that watch; the controller then finds it by
 * name.
 */
final class NodeWatch implements AutoCloseable {

  private static final long PAGE = 500;

  private final ConcurrentHashMap<String, NodeController> controllers = new ConcurrentHashMap<>();
  private final SharedIndexInformer<Node> informer;

  // guarded by this
  private boolean started;

  /**
   * A watch that begins when the first node is added.
   *
   * @param onlyNode the one node that there will ever be; null if there may be several
   */
  NodeWatch(KubernetesClient client, @Nullable String onlyNode) {
    this.informer =
        (onlyNode == null
                ? client.nodes().withLabel(NodeObject.MANAGED_LABEL, "true")
                : client.nodes().withField("metadata.name", onlyNode))
            .withLimit(PAGE)
            .runnableInformer(0)
            .removeNamespaceIndex()
            .itemStore(new NodeNames(controllers::containsKey))
            .exceptionHandler((begun, failure) -> true)
            .addEventHandler(new Handler());
  }

  /** From now on the controller hears of its Node; what was before, it has to ask for itself. */
  void add(String name, NodeController controller) {
    controllers.put(name, controller);
    boolean first;
    synchronized (this) {
      first = !started;
      started = true;
    }
    if (first) {
      informer.start();
    }
  }

  void remove(String name) {
    controllers.remove(name);
  }

  @Override
  public void close() {
    informer.stop();
  }

  private void tell(Node node, BiConsumer<NodeController, Node> what) {
    NodeController controller = controllers.get(node.getMetadata().getName());
    if (controller != null) {
      what.accept(controller, node);
    }
  }

  private final class Handler implements ResourceEventHandler<Node> {

    @Override
    public void onAdd(Node node) {
      if (NodeNames.isWhole(node)) { // else it was not ours yet, and the controller asks for it
        tell(node, NodeController::seen);
      }
    }

    @Override
    public void onUpdate(Node before, Node node) {
      tell(node, NodeController::seen);
    }

    @Override
    public void onDelete(Node node, boolean finalStateUnknown) {
      tell(node, NodeController::deleted);
    }
  }
}
