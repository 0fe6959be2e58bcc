package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.placement.Explanation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a pod is or would go, or why it waits, and how it is said.
 *
 * @param pod {@code namespace/name}
 * @param state what the primary shows of it, in a few words
 * @param slot where it has its slot, if it has one
 * @param choice the node that it would get now, if one has room
 * @param explanation what keeps nodes from taking it
 * @param stale members whose present state could not be seen
 */
record WhyReport(
    String pod,
    String state,
    Optional<NodeKey> slot,
    Optional<NodeKey> choice,
    Explanation explanation,
    List<String> stale) {

  WhyReport {
    stale = List.copyOf(stale);
  }

  /** The verdict, then the nodes' reasons in the scheduler's words, in total and by member. */
  List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add(pod + ": " + state);
    lines.add(verdict());
    if (slot.isEmpty()) {
      lines.add(explanation.toString());
      explanation
          .members()
          .forEach((member, counts) -> lines.add("  member " + member + ": " + counts));
    }
    stale.forEach(
        member -> lines.add("member " + member + " did not answer in time: it takes nothing new"));
    return lines;
  }

  private String verdict() {
    return slot.map(node -> "it has its slot on " + words(node))
        .or(() -> choice.map(node -> "placed now, it would go to " + words(node)))
        .orElse("placed now, it would wait");
  }

  /** The same for programs. */
  Map<String, Object> tree() {
    var tree = new LinkedHashMap<String, Object>();
    tree.put("pod", pod);
    tree.put("state", state);
    slot.ifPresent(node -> tree.put("slot", key(node)));
    choice.ifPresent(node -> tree.put("choice", key(node)));
    tree.put("message", explanation.toString());
    var members = new LinkedHashMap<String, Object>();
    explanation
        .members()
        .forEach(
            (member, counts) ->
                members.put(
                    member,
                    Map.of(
                        "nodes", counts.nodes(),
                        "available", counts.available(),
                        "reasons", counts.reasons())));
    tree.put("members", members);
    tree.put("stale", stale);
    return tree;
  }

  private static String words(NodeKey node) {
    return "node " + node.node() + " of member " + node.member();
  }

  private static Map<String, String> key(NodeKey node) {
    return Map.of("member", node.member(), "node", node.node());
  }
}
