package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;
import java.util.Map;

/**
 * What matters of a member's node.
 *
 * @param key which node
 * @param allocatable {@code status.allocatable}
 * @param usable Ready, not cordoned, without a taint that the member's tolerations do not cover,
 *     and matching the member's nodeSelector
 * @param labels the node's labels
 * @param taints the node's taints
 */
public record MemberNode(
    NodeKey key,
    Resources allocatable,
    boolean usable,
    Map<String, String> labels,
    List<Taint> taints) {

  /** Copies the collections. */
  public MemberNode {
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
  }
}
