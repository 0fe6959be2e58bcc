package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.kubernetes.MemberNodes.Marks;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.InheritedLabels;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.kubernetes.member.MemberFacts;
import io.virtualnode.kubernetes.placement.Taints;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which virtual nodes there are to be, and how each looks, by the configured topology and what is
 * known of the members' nodes. Pure.
 */
final class TopologyPlan {

  // They name the very node, or say what it is to the cluster that it is in.
  private static final Set<String> NEVER_INHERITED = Set.of("kubernetes.io/hostname", "type");

  private final NodeSettings settings;
  private final Map<String, MemberSettings> members;
  private final Map<NodeKey, Marks> nodes;
  private final NodeIdentity identity;

  /** How a virtual node looks. */
  record Look(Map<String, String> labels, List<Taint> taints) {}

  private TopologyPlan(
      NodeSettings settings, List<MemberSettings> members, Map<NodeKey, Marks> nodes) {
    this.settings = settings;
    this.members =
        members.stream().collect(Collectors.toMap(MemberSettings::name, Function.identity()));
    this.nodes =
        nodes.entrySet().stream()
            .filter(node -> this.members.containsKey(node.getKey().member()))
            .filter(node -> node.getValue().admitted())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    this.identity = new NodeIdentity(settings.name());
  }

  /**
   * The virtual nodes by what they stand for.
   *
   * @param nodes what is known of the members' nodes
   * @return how each is to look; empty while nothing is known of what it stands for
   */
  static Map<Scope, Optional<Look>> of(
      NodeSettings settings, List<MemberSettings> members, Map<NodeKey, Marks> nodes) {
    return new TopologyPlan(settings, members, nodes).plan();
  }

  /** Whether there could be a virtual node for that part, if the members' nodes were others. */
  static boolean knows(NodeSettings settings, List<MemberSettings> members, Scope part) {
    return switch (settings.topology()) {
      case AGGREGATE -> part instanceof Scope.Whole;
      case PER_MEMBER -> part instanceof Scope.OfMember;
      case PER_NODE ->
          part instanceof Scope.OfNode
              || new TopologyPlan(settings, members, Map.of()).parts().contains(part);
    };
  }

  private Map<Scope, Optional<Look>> plan() {
    var plan = new HashMap<Scope, Optional<Look>>();
    var parts = parts();
    for (var scope : parts) {
      plan.put(scope, Optional.empty());
    }
    nodes.entrySet().stream()
        .collect(Collectors.groupingBy(node -> partOf(node.getKey())))
        .forEach((scope, group) -> plan.put(scope, Optional.of(look(scope, group))));
    return plan;
  }

  /** Those that are there whatever nodes there are. */
  private Collection<Scope> parts() {
    return switch (settings.topology()) {
      case AGGREGATE -> List.of(Scope.WHOLE);
      case PER_MEMBER ->
          members.keySet().stream().map(name -> (Scope) new Scope.OfMember(name)).toList();
      case PER_NODE ->
          members.values().stream()
              .filter(member -> !member.capacity().seesNodes())
              .map(member -> (Scope) new Scope.OfMember(member.name()))
              .toList();
    };
  }

  private Scope partOf(NodeKey node) {
    return switch (settings.topology()) {
      case AGGREGATE -> Scope.WHOLE;
      case PER_MEMBER -> new Scope.OfMember(node.member());
      case PER_NODE -> NodeIdentity.ofNode(node);
    };
  }

  private Look look(Scope scope, List<Map.Entry<NodeKey, Marks>> group) {
    var labels =
        inherited(
            group.stream().map(node -> node.getValue().labels()).toList(),
            settings.inheritedLabels());
    labels.putAll(settings.labels());
    labels.putAll(identity.labels(scope));
    var taints = new ArrayList<>(settings.taints());
    if (settings.topology() == Topology.PER_NODE) {
      group.forEach(node -> taints.addAll(carried(node.getKey().member(), node.getValue())));
    }
    return new Look(Map.copyOf(labels), withoutDoubles(taints));
  }

  /**
   * The labels that all have in common, and the chosen ones that any has; of several values of
   * these the one that most have, of those the first in order.
   */
  static Map<String, String> inherited(List<Map<String, String>> nodes, InheritedLabels rule) {
    var labels = new TreeMap<String, String>();
    nodes.get(0).forEach(labels::put);
    nodes.forEach(node -> labels.entrySet().retainAll(node.entrySet()));
    for (var key : rule.union()) {
      nodes.stream()
          .map(node -> node.get(key))
          .filter(Objects::nonNull)
          .collect(Collectors.groupingBy(value -> value, TreeMap::new, Collectors.counting()))
          .entrySet()
          .stream()
          .reduce((first, next) -> next.getValue() > first.getValue() ? next : first)
          .ifPresent(most -> labels.put(key, most.getKey()));
    }
    labels
        .keySet()
        .removeIf(
            key ->
                rule.exclude().contains(key)
                    || NEVER_INHERITED.contains(key)
                    || key.startsWith("virtualnode.io/"));
    return labels;
  }

  /** Those taints of a member's node that pods have to tolerate themselves. */
  private List<Taint> carried(String member, Marks node) {
    var covered = members.get(member);
    return node.taints().stream()
        .filter(taint -> !MemberFacts.isPassing(taint))
        .filter(
            taint ->
                "PreferNoSchedule".equals(taint.getEffect())
                    || covered == null
                    || !Taints.untolerated(List.of(taint), covered.tolerations()).isEmpty())
        .map(taint -> new Taint(taint.getEffect(), taint.getKey(), null, taint.getValue()))
        .toList();
  }

  /** A Node has one taint of each key and effect; what is configured comes first. */
  private static List<Taint> withoutDoubles(List<Taint> taints) {
    var first = new LinkedHashMap<String, Taint>();
    taints.forEach(taint -> first.putIfAbsent(taint.getKey() + ":" + taint.getEffect(), taint));
    return List.copyOf(first.values());
  }
}
