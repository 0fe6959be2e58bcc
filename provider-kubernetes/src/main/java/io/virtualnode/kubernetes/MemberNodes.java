package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The members' nodes as far as virtual nodes look like them: which there are, their labels and
 * taints. Unlike the account it says nothing of their room, so it seldom changes.
 *
 * <p>Thread-safe.
 */
final class MemberNodes {

  /**
   * How a node is marked.
   *
   * @param admitted whether the configuration admits it, see {@link MemberNode#admitted}
   */
  record Marks(boolean admitted, Map<String, String> labels, List<Taint> taints) {

    static Marks of(MemberNode node) {
      return new Marks(node.admitted(), node.labels(), node.taints());
    }
  }

  private final Map<NodeKey, Marks> nodes = new ConcurrentHashMap<>();
  private volatile Runnable changed = () -> {};

  /** Calls back after every change from now on; the callback must return promptly. */
  void onChange(Runnable callback) {
    changed = callback;
  }

  void seen(MemberNode node) {
    var now = Marks.of(node);
    if (!now.equals(nodes.put(node.key(), now))) {
      changed.run();
    }
  }

  void gone(NodeKey node) {
    if (nodes.remove(node) != null) {
      changed.run();
    }
  }

  /** The member has been forgotten. */
  void forget(String member) {
    if (nodes.keySet().removeIf(node -> node.member().equals(member))) {
      changed.run();
    }
  }

  /** All that are there now. */
  Map<NodeKey, Marks> all() {
    return Map.copyOf(nodes);
  }
}
