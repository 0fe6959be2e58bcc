package io.virtualnode.kubernetes.capacity;

import java.util.Set;

/**
 * A part of the members: what one virtual node stands for by the configured topology, or where a
 * pod may go.
 */
public sealed interface Scope {

  /** All members. */
  Scope WHOLE = new Whole();

  /** Whether the node is in this part. */
  boolean contains(NodeKey node);

  /** Whether some node may be in both. */
  static boolean overlap(Scope left, Scope right) {
    if (left instanceof AnyOf several) {
      return several.parts().stream().anyMatch(part -> overlap(part, right));
    }
    if (right instanceof AnyOf) {
      return overlap(right, left);
    }
    if (left instanceof OfNode node) {
      return right.contains(node.node());
    }
    if (right instanceof OfNode node) {
      return left.contains(node.node());
    }
    return left instanceof Whole || right instanceof Whole || left.equals(right);
  }

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

  /**
   * Several parts that have no node in common.
   *
   * @param parts none of them such a union itself
   */
  record AnyOf(Set<Scope> parts) implements Scope {

    /** Copies. */
    public AnyOf {
      parts = Set.copyOf(parts);
    }

    @Override
    public boolean contains(NodeKey node) {
      return parts.contains(WHOLE)
          || parts.contains(new OfMember(node.member()))
          || parts.contains(new OfNode(node));
    }
  }
}
