package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which labels and taints of a Node were put there by its description, noted on the Node itself: so
 * that those it no longer has can be told from those of others, also by the next process. Pure.
 *
 * @param labels their keys
 * @param taints as {@code key:effect}
 */
record AppliedMarks(Set<String> labels, Set<String> taints) {

  /** The annotation that holds the note. */
  static final String ANNOTATION = "virtualnode.io/applied";

  private static final String LABELS = "labels=";
  private static final String TAINTS = "taints=";

  /** What the description puts on the Node. */
  static AppliedMarks by(NodeDescription description) {
    return new AppliedMarks(
        description.labels().keySet(),
        description.taints().stream().map(AppliedMarks::id).collect(Collectors.toSet()));
  }

  /** What is noted on the Node; nothing if it has no note, or one that cannot be read. */
  static AppliedMarks on(Node node) {
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    String note = annotations == null ? null : annotations.get(ANNOTATION);
    Set<String> labels = Set.of();
    Set<String> taints = Set.of();
    for (String word : note == null ? new String[0] : note.split(" ", -1)) {
      if (word.startsWith(LABELS)) {
        labels = items(word.substring(LABELS.length()));
      } else if (word.startsWith(TAINTS)) {
        taints = items(word.substring(TAINTS.length()));
      }
    }
    return new AppliedMarks(labels, taints);
  }

  /** The same labels with the taints of another note. */
  AppliedMarks withTaintsOf(AppliedMarks other) {
    return new AppliedMarks(labels, other.taints);
  }

  /** The annotation's value. Neither keys nor effects can contain a blank or a comma. */
  String note() {
    return LABELS + list(labels) + " " + TAINTS + list(taints);
  }

  /** What makes a taint another one. */
  static String id(Taint taint) {
    return taint.getKey() + ":" + taint.getEffect();
  }

  private static String list(Collection<String> items) {
    return String.join(",", new TreeSet<>(items));
  }

  private static Set<String> items(String list) {
    return list.isEmpty() ? Set.of() : Set.copyOf(List.of(list.split(",", -1)));
  }
}
