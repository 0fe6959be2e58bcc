package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a virtual Node says of the members that are drained, in a condition: so that whoever waits
 * for the end can see that it was taken note of, and when the last delegate has ended. Pure.
 *
 * @param empty by member, whether no delegate is there or on its way
 */
record DrainReport(SortedMap<String, Boolean> empty) {

  /** The condition's type. */
  static final String CONDITION = "virtualnode.io/MembersDraining";

  private static final String DRAINED = "drained";
  private static final String DRAINING = "draining";

  static DrainReport of(Map<String, Boolean> empty) {
    return new DrainReport(new TreeMap<>(empty));
  }

  /** What the Node says; nothing if it has no such condition. */
  static DrainReport on(Node node) {
    var empty = new TreeMap<String, Boolean>();
    if (node.getStatus() != null) {
      for (var condition : node.getStatus().getConditions()) {
        if (CONDITION.equals(condition.getType()) && "True".equals(condition.getStatus())) {
          for (var word : condition.getMessage().split(", ", -1)) {
            int colon = word.indexOf(": ");
            if (colon > 0) {
              empty.put(word.substring(0, colon), word.substring(colon + 2).equals(DRAINED));
            }
          }
        }
      }
    }
    return new DrainReport(empty);
  }

  NodeCondition condition() {
    boolean any = !empty.isEmpty();
    return new NodeConditionBuilder()
        .withType(CONDITION)
        .withStatus(any ? "True" : "False")
        .withReason(any ? "Draining" : "None")
        .withMessage(
            any
                ? empty.entrySet().stream()
                    .map(member -> member.getKey() + ": " + word(member.getValue()))
                    .collect(Collectors.joining(", "))
                : "no member is drained")
        .build();
  }

  private static String word(boolean isEmpty) {
    return isEmpty ? DRAINED : DRAINING;
  }
}
