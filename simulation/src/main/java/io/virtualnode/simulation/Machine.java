package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A member's node as it really is. */
final class Machine {

  final NodeKey key;
  final long createdAt;
  final Size full;
  final Recent<Size> allocatable;
  final Recent<Boolean> usable = new Recent<>(true);
  final Set<Run> runs = new LinkedHashSet<>(); // that take room
  Size used = Size.NONE;
  boolean cordoned;
  boolean lost; // its kubelet says nothing
  boolean exists = true;

  Machine(NodeKey key, Size allocatable, long createdAt) {
    this.key = key;
    this.createdAt = createdAt;
    this.full = allocatable;
    this.allocatable = new Recent<>(allocatable);
  }

  void judge(long now) {
    boolean is = exists && !cordoned && !lost;
    if (is != usable.get()) {
      usable.set(is, now);
    }
  }

  boolean takes(Size request) {
    return usable.get() && request.fitsInto(allocatable.get().minus(used));
  }

  void add(Run run) {
    runs.add(run);
    used = used.plus(run.request.get());
  }

  void remove(Run run) {
    if (runs.remove(run)) {
      used = used.minus(run.request.get());
    }
  }

  /** What its Node object tells, as the product reads it. */
  MemberNode facts() {
    var obstacle = cordoned ? "node(s) were unschedulable" : lost ? "node(s) were not ready" : "";
    return new MemberNode(
        key, allocatable.get().toResources(), true, obstacle, Map.of(), List.of());
  }
}
