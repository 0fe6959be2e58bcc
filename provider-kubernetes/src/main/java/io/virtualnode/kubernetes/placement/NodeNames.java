package io.virtualnode.kubernetes.placement;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The nodes by their names and by their labels {@code kubernetes.io/hostname}. */
final class NodeNames {

  private final Map<String, List<IndexedNode>> nodes = new HashMap<>();

  void add(IndexedNode node) {
    names(node).forEach(name -> nodes.computeIfAbsent(name, n -> new ArrayList<>(1)).add(node));
  }

  /** To be called while the node's facts are those of when it was added. */
  void remove(IndexedNode node) {
    names(node).forEach(name -> nodes.computeIfPresent(name, (n, all) -> without(all, node)));
  }

  private static @Nullable List<IndexedNode> without(List<IndexedNode> all, IndexedNode node) {
    all.remove(node);
    return all.isEmpty() ? null : all;
  }

  private static Stream<String> names(IndexedNode node) {
    var hostname = node.facts.labels().get(NodeRequirements.HOSTNAME);
    return Stream.of(node.key.node(), hostname).filter(Objects::nonNull).distinct();
  }

  Stream<IndexedNode> find(String name) {
    return nodes.getOrDefault(name, List.of()).stream();
  }
}
