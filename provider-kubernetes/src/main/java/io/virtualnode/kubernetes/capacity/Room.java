package io.virtualnode.kubernetes.capacity;

/**
 * What one member node has for one more pod, as the ledger has it now: it changes with the ledger
 * and is to be read under the same lock.
 */
public interface Room {

  /** Which node. */
  NodeKey key();

  /** What is known of the node. */
  MemberNode node();

  /** Whether the node takes new pods now. */
  boolean isUsable();

  /** Whether the node, empty and in its best state, would take pods: it is part of the site. */
  boolean isAdmitted();

  /** Why it takes no pods now, in the scheduler's words; empty if it is usable. */
  String obstacle();

  /** What is left for one more pod; negative where the node is over-full. */
  Resources free();

  /** The part of {@link #free} that is withheld for pods that are not bound yet. */
  Resources claimed();
}
