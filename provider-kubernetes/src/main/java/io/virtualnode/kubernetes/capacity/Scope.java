package io.virtualnode.kubernetes.capacity;

/**
 * The part of the members that one virtual node stands for: all of them, one member, or one member
 * node, by the configured topology.
 */
public sealed interface Scope {

  /** All members. */
  Scope WHOLE = new Whole();

  /** Whether the node is in this part. */
  boolean contains(NodeKey node);

  /** All members. */
  record Whole() implements Scope {
    @Override
    public boolean contains(NodeKey node) {
      return true;
    }
  }

  /** One member. */
  record OfMember(String member) implements Scope {
    @Override
    public boolean contains(NodeKey node) {
      return node.member().equals(member);
    }
  }

  /** One member node. */
  record OfNode(NodeKey node) implements Scope {
    @Override
    public boolean contains(NodeKey other) {
      return other.equals(node);
    }
  }
}
