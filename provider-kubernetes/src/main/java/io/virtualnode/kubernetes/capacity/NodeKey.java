package io.virtualnode.kubernetes.capacity;

/** Names a node of a member. Ordered by member, then by node. */
public record NodeKey(String member, String node) implements Comparable<NodeKey> {

  @Override
  public int compareTo(NodeKey other) {
    int order = member.compareTo(other.member);
    return order == 0 ? node.compareTo(other.node) : order;
  }

  /** {@code member/node}. */
  @Override
  public String toString() {
    return member + "/" + node;
  }
}
