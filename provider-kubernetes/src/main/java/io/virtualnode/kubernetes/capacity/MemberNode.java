package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;
import java.util.Map;

/**
 * What matters of a member's node.
 *
 * @param key which node
 * @param allocatable {@code status.allocatable}
 * @param admitted whether the configuration admits the node at all, whatever its present state:
 *     matching the member's nodeSelector, without a taint that the member's tolerations do not
 *     cover other than those by which Kubernetes marks a passing state
 * @param obstacle why it takes no pods now, in the scheduler's words; empty if it is
 *     <em>usable</em>: admitted, and now Ready, not cordoned and without any taint that is not
 *     covered
 * @param labels the node's labels
 * @param taints the node's taints
 */
public record MemberNode(
    NodeKey key,
    Resources allocatable,
    boolean admitted,
    String obstacle,
    Map<String, String> labels,
    List<Taint> taints) {

  /** Copies the collections. */
  public MemberNode {
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
  }

  /** Whether the node takes pods now. */
  public boolean usable() {
    return obstacle.isEmpty();
  }
}
