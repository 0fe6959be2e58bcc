package io.virtualnode.kubernetes.capacity;

/** Is told by a {@link Ledger} whenever what a member has for one more pod changes. */
public interface RoomObserver {

  /** The node is new, or its facts, its room or its usability changed. */
  void roomChanged(Room room);

  /** The node is not known any more. */
  void roomGone(NodeKey node);

  /** The member's quota, or what is left of it, changed. */
  void quotaChanged(String member);

  /** The member was configured again, or no longer is. */
  void retirementChanged(String member);

  /**
   * Compares what the observer made of it with the ledger.
   *
   * @return how many nodes differ; anything but 0 is a bug
   */
  int drift();
}
