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

  /** Where the pods belong of a virtual node that stands for this, or formerly did. */
  static Scope partOf(Scope scope) {
    return scope instanceof Former former ? former.part() : scope;
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

  /**
   * What a virtual node stood for that the topology no longer asks for: nothing new, but what its
   * proxies hold is theirs until they end.
   *
   * @param part where those proxies belong
   */
  record Former(Scope part) implements Scope {
    @Override
    public boolean contains(NodeKey node) {
      return false;
    }
  }
}
