package io.virtualnode.kubernetes.placement;

import org.jspecify.annotations.Nullable;

/**
 * The nodes of one class in order of preference: a treap, that is a search tree kept balanced by
 * priorities, which are hashes of the nodes' names. Each subtree knows the most that any of its
 * nodes has of each dimension, so that a search passes over those without room.
 */
final class NodeTree {

  private @Nullable IndexedNode root;
  private @Nullable IndexedNode rest; // the second result of split

  @Nullable IndexedNode root() {
    return root;
  }

  void add(IndexedNode node) {
    root = add(root, node);
  }

  /** Removes a node whose amounts are as they were when it was added. */
  void remove(IndexedNode node) {
    root = remove(root, node);
  }

  private IndexedNode add(@Nullable IndexedNode tree, IndexedNode node) {
    if (tree == null) {
      return node;
    }
    if (node.priority > tree.priority) {
      node.left = split(tree, node);
      node.right = rest;
      node.pull();
      return node;
    }
    if (node.compareTo(tree) < 0) {
      tree.left = add(tree.left, node);
    } else {
      tree.right = add(tree.right, node);
    }
    tree.raise(node);
    return tree;
  }

  /** Returns what of the tree is before the node, and leaves the others in {@link #rest}. */
  private @Nullable IndexedNode split(@Nullable IndexedNode tree, IndexedNode at) {
    if (tree == null) {
      rest = null;
      return null;
    }
    if (tree.compareTo(at) < 0) {
      tree.right = split(tree.right, at);
      tree.pull();
      return tree;
    }
    var before = split(tree.left, at);
    tree.left = rest;
    tree.pull();
    rest = tree;
    return before;
  }

  private static @Nullable IndexedNode remove(@Nullable IndexedNode tree, IndexedNode node) {
    if (tree == null) {
      throw new IllegalStateException(node.key + " is not in its tree");
    }
    if (tree == node) {
      return merge(node.left, node.right);
    }
    if (node.compareTo(tree) < 0) {
      tree.left = remove(tree.left, node);
    } else {
      tree.right = remove(tree.right, node);
    }
    if (tree.mayOweTo(node)) {
      tree.pull();
    }
    return tree;
  }

  private static @Nullable IndexedNode merge(
      @Nullable IndexedNode first, @Nullable IndexedNode second) {
    if (first == null || second == null) {
      return first == null ? second : first;
    }
    if (first.priority > second.priority) {
      first.right = merge(first.right, second);
      first.pull();
      return first;
    }
    second.left = merge(first, second.left);
    second.pull();
    return second;
  }
}
