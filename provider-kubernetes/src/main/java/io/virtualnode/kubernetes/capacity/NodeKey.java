package io.virtualnode.kubernetes.capacity;

/** Names a node of a member. */
public record NodeKey(String member, String node) {

  /** {@code member/node}. */
  @Override
  public String toString() {
    return member + "/" + node;
  }
}
