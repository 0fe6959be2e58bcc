package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Everything that is outside of our process.
 *
 * @param clusters by name, configured or not
 * @param configured the names of those that are
 */
record Site(
    Agenda agenda,
    RandomGenerator random,
    Network network,
    Primary primary,
    Map<String, Cluster> clusters,
    Set<String> configured,
    Topology topology,
    long maxAgeMillis,
    Consumer<Run> onCreate) {

  /** What the primary sees. */
  enum Topology {
    AGGREGATE,
    PER_MEMBER,
    PER_NODE
  }

  /** What the virtual node stands for that has the room of that node. */
  Scope scopeOf(NodeKey node) {
    return switch (topology) {
      case AGGREGATE -> Scope.WHOLE;
      case PER_MEMBER -> new Scope.OfMember(node.member());
      case PER_NODE -> new Scope.OfNode(node);
    };
  }

  Proxy proxy(String uid) {
    return requireNonNull(primary.every.get(uid), uid);
  }

  void created(Run run) {
    onCreate.accept(run);
  }
}
