package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Resources;
import java.util.Map;

/** The order in which nodes with room are preferred: two numbers, the smaller the better. */
final class NodeOrder {

  private static final int SCALE = 20; // bits: shares are in millionths, roughly

  private final Strategy strategy;
  private Map<String, Integer> weights = Map.of();

  NodeOrder(Strategy strategy) {
    this.strategy = strategy;
  }

  /** By member; one that is not named weighs nothing. */
  void setWeights(Map<String, Integer> byMember) {
    weights = Map.copyOf(byMember);
  }

  /** What counts first. */
  long rank(IndexedNode node) {
    return strategy == Strategy.WEIGHTED ? -weights.getOrDefault(node.key.member(), 0) : 0;
  }

  /** What counts among nodes of the same rank. */
  long score(IndexedNode node, NodeClass of) {
    return switch (strategy) {
      case PACK, WEIGHTED -> node.room(of, Resources.CPU);
      case SPREAD -> -(share(node, of, Resources.CPU) + share(node, of, "memory"));
    };
  }

  private static long share(IndexedNode node, NodeClass of, String resource) {
    long allocatable = node.allocatable(of, resource);
    long room = node.room(of, resource);
    if (allocatable <= 0) {
      return 0;
    }
    return Math.abs(room) < Long.MAX_VALUE >> SCALE
        ? (room << SCALE) / allocatable
        : room / Math.max(1, allocatable >> SCALE);
  }
}
