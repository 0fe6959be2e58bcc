package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Room;
import io.virtualnode.kubernetes.capacity.Scope;
import org.jspecify.annotations.Nullable;

/** Compares an index with the ledger, node by node, and each tree with what a tree must be. */
final class IndexCheck {

  private final NodeIndex index;
  private final NodeOrder order;
  private int drift;
  private int known;
  private int inTrees;
  private @Nullable IndexedNode last;

  IndexCheck(NodeIndex index, NodeOrder order) {
    this.index = index;
    this.order = order;
  }

  int drift(Ledger ledger) {
    ledger.forEachRoom(this::check);
    check(known == index.size());
    index.forEach(Scope.WHOLE, node -> inTrees -= node.group == null ? 0 : 1);
    for (var group : index.classes(Scope.WHOLE)) {
      last = null;
      check(group.tree.root(), group);
      check(!group.isEmpty());
    }
    check(inTrees == 0);
    return drift;
  }

  private void check(boolean agrees) {
    drift += agrees ? 0 : 1;
  }

  private void check(Room room) {
    known++;
    var node = index.find(room.key());
    if (node == null || !node.isUpToDate(room)) {
      drift++;
    } else if (!room.isAdmitted() || node.group == null) {
      check(!room.isAdmitted() && node.group == null);
    } else {
      var anew = new IndexedNode(room);
      anew.placed = node.placed;
      anew.held = node.held;
      var unused = anew.read(node.group, order);
      check(node.group.key.equals(index.keyOf(node)) && node.agreesWith(anew));
    }
  }

  private void check(@Nullable IndexedNode tree, NodeClass group) {
    if (tree != null) {
      check(tree.left, group);
      inTrees++;
      check(tree.group == group && tree.hasTrueMaxima());
      check(last == null || last.compareTo(tree) < 0);
      last = tree;
      check(tree.right, group);
    }
  }
}
