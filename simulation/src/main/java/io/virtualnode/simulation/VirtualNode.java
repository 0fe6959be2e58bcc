package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;

/** A Node object of the primary, and what the primary's scheduler knows of it. */
final class VirtualNode {

  final String name;
  final Scope scope;
  Size allocatable = Size.NONE;
  Size seen = Size.NONE; // allocatable, as the scheduler has it
  Size used = Size.NONE; // as the scheduler counts it
  long seenAt;
  boolean current; // the process that is up has written it

  VirtualNode(Scope scope) {
    this.scope = scope;
    this.name = name(scope);
  }

  static String name(Scope scope) {
    if (scope instanceof Scope.OfMember one) {
      return one.member();
    }
    return scope instanceof Scope.OfNode one ? one.node().toString() : "all";
  }

  boolean contains(NodeKey node) {
    return scope.contains(node);
  }
}
