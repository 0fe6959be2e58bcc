package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Room;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A member node in the index, at the same time a node of its class's {@link NodeTree}.
 *
 * <p>Its amounts are by the dimensions of the class: first whether it takes pods at all (1 or 0),
 * then each resource of the class. Four rows of them: the room for one more pod, the most room that
 * any node of the subtree has, the allocatable, and the most allocatable in the subtree.
 */
final class IndexedNode implements Comparable<IndexedNode> {

  final NodeKey key;
  final int priority;
  Room room;
  MemberNode facts;

  // What is planned on top of what the ledger has.
  Resources placed = Resources.NONE;
  Resources held = Resources.NONE;

  // Of the tree; to be changed while the node is in none.
  @Nullable NodeClass group;
  @Nullable IndexedNode left;
  @Nullable IndexedNode right;
  private long rank;
  private long score;
  private long[] amounts = {};
  private int dimensions;

  IndexedNode(Room room) {
    this.room = room;
    this.facts = room.node();
    this.key = room.key();
    this.priority = scattered(key.member().hashCode() * 31 + key.node().hashCode());
  }

  /** Like a random number, but the same in every run (the finalizer of MurmurHash3). */
  private static int scattered(int hash) {
    int h = hash;
    h = (h ^ h >>> 16) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return h ^ h >>> 16;
  }

  /** Whether its facts are the very ones that the ledger has, so that its class is right. */
  @SuppressWarnings("ReferenceEquality")
  boolean isUpToDate(Room now) {
    return room == now && facts == now.node();
  }

  /**
   * Reads what the ledger has and what is planned into the amounts of the class.
   *
   * @return whether there is more room than was read before
   */
  boolean read(NodeClass of, NodeOrder order) {
    if (of.dimensions() != dimensions) {
      dimensions = of.dimensions();
      amounts = new long[4 * dimensions];
    }
    boolean more = set(0, room.isUsable() ? 1 : 0);
    amounts[2 * dimensions] = room.isAdmitted() ? 1 : 0;
    var free = room.free();
    var claimed = room.claimed();
    for (int d = 1; d < dimensions; d++) {
      var name = of.resource(d);
      more |= set(d, free.get(name) - claimed.get(name) - placed.get(name) - held.get(name));
      amounts[2 * dimensions + d] = facts.allocatable().get(name);
    }
    rank = order.rank(this);
    score = order.score(this, of);
    left = null;
    right = null;
    pull();
    return more;
  }

  private boolean set(int dimension, long amount) {
    boolean more = amount > amounts[dimension];
    amounts[dimension] = amount;
    return more;
  }

  /** Whether another node has the same amounts and the same place in the order. */
  boolean agreesWith(IndexedNode other) {
    return dimensions == other.dimensions
        && compareTo(other) == 0
        && Arrays.equals(amounts, 0, dimensions, other.amounts, 0, dimensions)
        && Arrays.equals(
            amounts, 2 * dimensions, 3 * dimensions, other.amounts, 2 * dimensions, 3 * dimensions);
  }

  /** Whether the subtree's maxima follow from the children's. */
  boolean hasTrueMaxima() {
    var before = amounts.clone();
    pull();
    return Arrays.equals(before, amounts);
  }

  /** Sets the subtree's maxima from those of the children. */
  void pull() {
    System.arraycopy(amounts, 0, amounts, dimensions, dimensions);
    System.arraycopy(amounts, 2 * dimensions, amounts, 3 * dimensions, dimensions);
    if (left != null) {
      raise(left);
    }
    if (right != null) {
      raise(right);
    }
  }

  /** Raises the subtree's maxima to those of another subtree that is part of it now. */
  void raise(IndexedNode below) {
    for (int d = dimensions; d < 2 * dimensions; d++) {
      amounts[d] = Math.max(amounts[d], below.amounts[d]);
      int a = d + 2 * dimensions;
      amounts[a] = Math.max(amounts[a], below.amounts[a]);
    }
  }

  /** Whether the subtree may owe one of its maxima to the given node, which is no longer in it. */
  boolean mayOweTo(IndexedNode node) {
    for (int d = 0; d < dimensions; d++) {
      if (amounts[dimensions + d] == node.amounts[d]
          || amounts[3 * dimensions + d] == node.amounts[2 * dimensions + d]) {
        return true;
      }
    }
    return false;
  }

  /** What the node has of one dimension for one more pod. */
  long room(int dimension) {
    return amounts[dimension];
  }

  /** The most that any node of the subtree has of one dimension for one more pod. */
  long mostRoom(int dimension) {
    return amounts[dimensions + dimension];
  }

  /** Whether the node has room for so much of each dimension. */
  boolean hasRoom(long[] wanted) {
    return covers(0, wanted);
  }

  /** Whether some node of the subtree may have room for it. */
  boolean mayHaveRoom(long[] wanted) {
    return covers(dimensions, wanted);
  }

  /** Whether the node would have room for it if it were empty. */
  boolean hasAllocatable(long[] wanted) {
    return covers(2 * dimensions, wanted);
  }

  /** Whether some node of the subtree may have room for it when empty. */
  boolean mayHaveAllocatable(long[] wanted) {
    return covers(3 * dimensions, wanted);
  }

  private boolean covers(int row, long[] wanted) {
    for (int d = 0; d < wanted.length; d++) {
      if (amounts[row + d] < wanted[d]) {
        return false;
      }
    }
    return true;
  }

  long room(NodeClass of, String resource) {
    int dimension = of.dimension(resource);
    return dimension < 0 ? 0 : amounts[dimension];
  }

  long allocatable(NodeClass of, String resource) {
    int dimension = of.dimension(resource);
    return dimension < 0 ? 0 : amounts[2 * dimensions + dimension];
  }

  /** What is collected here for that very pod. */
  Resources shareOf(String podUid, Ledger ledger) {
    return ledger
        .claim(podUid)
        .filter(claim -> claim.node().equals(key))
        .map(Ledger.Collected::share)
        .orElse(Resources.NONE);
  }

  /** What that very pod could take here: what is collected for it is nobody else's to wait for. */
  Resources roomFor(String podUid, Ledger ledger) {
    var rest = rest();
    var share = shareOf(podUid, ledger);
    return share.isNothing() ? rest : share.plus(rest.nonNegative());
  }

  /** What one more pod could take here for which nothing is collected. */
  Resources rest() {
    return room.free().minus(room.claimed()).minus(placed).minus(held);
  }

  /** The order of preference. */
  @Override
  public int compareTo(IndexedNode other) {
    if (rank != other.rank) {
      return rank < other.rank ? -1 : 1;
    }
    if (score != other.score) {
      return score < other.score ? -1 : 1;
    }
    return key.compareTo(other.key);
  }
}
