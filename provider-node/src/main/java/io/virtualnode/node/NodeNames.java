package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The Nodes that a watch has shown: ours whole, of others the name, which is enough to notice that
 * one is gone. Nodes of other processes may be many.
 */
final class NodeNames implements ItemStore<Node> {

  private final Predicate<String> isOurs;
  private final ConcurrentHashMap<String, Node> nodes = new ConcurrentHashMap<>();

  /**
   * An empty store.
   *
   * @param isOurs whether the Node of this name is one of ours
   */
  NodeNames(Predicate<String> isOurs) {
    this.isOurs = isOurs;
  }

  /** Whether it is all of the Node, and not its name only. */
  static boolean isWhole(Node node) {
    return node.getStatus() != null;
  }

  @Override
  public String getKey(Node node) {
    return node.getMetadata().getName();
  }

  @Override
  @SuppressWarnings("NullAway") // the interface knows no nullness; null is "there was none"
  public Node put(String key, Node node) {
    return nodes.put(key, isOurs.test(key) ? node : name(node));
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Node remove(String key) {
    return nodes.remove(key);
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Node get(String key) {
    return nodes.get(key);
  }

  @Override
  public Stream<String> keySet() {
    return nodes.keySet().stream();
  }

  @Override
  public Stream<Node> values() {
    return nodes.values().stream();
  }

  @Override
  public int size() {
    return nodes.size();
  }

  private static Node name(Node node) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(node.getMetadata().getName())
        .withUid(node.getMetadata().getUid())
        .withResourceVersion(node.getMetadata().getResourceVersion())
        .endMetadata()
        .build();
  }
}
