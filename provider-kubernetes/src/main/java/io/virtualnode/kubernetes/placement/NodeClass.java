package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Nodes that have the same resources and the same labels, as far as any pod has asked for them. */
final class NodeClass {

  private static final Set<String> COMMON =
      Set.of(Resources.CPU, "memory", "ephemeral-storage", Resources.PODS);

  /**
   * What the nodes of a class have in common.
   *
   * @param resources the names of what they have and, in any case, cpu, which orders them; sorted
   * @param labels those labels by which nodes are grouped
   * @param member their member, where that matters
   */
  record Key(List<String> resources, Map<String, String> labels, Optional<String> member) {

    static Key of(MemberNode node, Set<String> labelKeys, boolean byMember) {
      var resources = new TreeSet<String>();
      resources.add(Resources.CPU);
      for (var name : node.allocatable().names()) {
        if (node.allocatable().get(name) > 0) {
          resources.add(name);
        }
      }
      var labels = new HashMap<String, String>();
      for (var key : labelKeys) {
        var value = node.labels().get(key);
        if (value != null) {
          labels.put(key, value);
        }
      }
      var member = byMember ? Optional.of(node.key().member()) : Optional.<String>empty();
      return new Key(List.copyOf(resources), Map.copyOf(labels), member);
    }
  }

  final Key key;
  final NodeTree tree = new NodeTree();
  private final String[] resources;

  NodeClass(Key key) {
    this.key = key;
    this.resources = key.resources.toArray(new String[0]);
  }

  /** Whether it takes pods at all, and each resource. */
  int dimensions() {
    return resources.length + 1;
  }

  /** The resource of a dimension other than the first. */
  String resource(int dimension) {
    return resources[dimension - 1];
  }

  /** The dimension of a resource; negative if the class has none of it. */
  int dimension(String resource) {
    for (int i = 0; i < resources.length; i++) {
      if (resources[i].equals(resource)) {
        return i + 1;
      }
    }
    return -1;
  }

  /** How many resources it has that few nodes have, such as GPUs, and that are not requested. */
  int wasted(Resources request) {
    int wasted = 0;
    for (var resource : resources) {
      if (isScarce(resource) && request.get(resource) <= 0) {
        wasted++;
      }
    }
    return wasted;
  }

  private static boolean isScarce(String resource) {
    return !COMMON.contains(resource)
        && !resource.startsWith("hugepages-")
        && !resource.startsWith("attachable-volumes-");
  }

  boolean isEmpty() {
    return tree.root() == null;
  }
}
