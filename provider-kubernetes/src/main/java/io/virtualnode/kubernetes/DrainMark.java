package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The mark by which an operator has members drained: an annotation on virtual Nodes that names
 * them. A member is drained as long as any virtual Node of the configuration names it. Pure.
 */
final class DrainMark {

  /** The annotation; its value is the members' names, separated by commas. */
  static final String ANNOTATION = "virtualnode.io/drain";

  private DrainMark() {}

  /** The members that the Node names. */
  static Set<String> on(Node node) {
    var annotations = node.getMetadata().getAnnotations();
    var text = annotations == null ? null : annotations.get(ANNOTATION);
    return text == null
        ? Set.of()
        : Arrays.stream(text.split(",", -1))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toUnmodifiableSet());
  }

  /** The annotation's value for those members. */
  static String text(Collection<String> members) {
    return String.join(",", new TreeSet<>(members));
  }
}
