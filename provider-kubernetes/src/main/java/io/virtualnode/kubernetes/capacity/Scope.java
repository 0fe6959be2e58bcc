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
  default boolean overlaps(Scope other) {
    if (other instanceof AnyOf several) {
      return several.parts().stream().anyMatch(this::overlaps);
    }
    if (other instanceof OfNode one) {
      return contains(one.node());
    }
    return this instanceof OfMember && other instanceof OfMember
        ? equals(other)
        : other instanceof Whole || other.overlaps(this);
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
