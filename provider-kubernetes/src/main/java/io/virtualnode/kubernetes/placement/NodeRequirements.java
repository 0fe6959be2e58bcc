package io.virtualnode.kubernetes.placement;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.virtualnode.kubernetes.capacity.MemberNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes a pod may run on by its nodeSelector and its required node affinity.
 *
 * <p>Source: {@code k8s.io/component-helpers/scheduling/corev1/nodeaffinity}: all of the
 * nodeSelector, and one of the terms; a term without requirements matches nothing.
 *
 * @param nodeSelector labels that the node must have
 * @param terms the required terms, any one of which is enough; empty if none are required
 */
public record NodeRequirements(Map<String, String> nodeSelector, List<NodeSelectorTerm> terms) {

  /** No requirement. */
  public static final NodeRequirements NONE = new NodeRequirements(Map.of(), List.of());

  /** Copies the collections. */
  public NodeRequirements {
    nodeSelector = Map.copyOf(nodeSelector);
    terms = List.copyOf(terms);
  }

  /** What a pod's spec requires. */
  public static NodeRequirements of(PodSpec spec) {
    var affinity = spec.getAffinity();
    var node = affinity == null ? null : affinity.getNodeAffinity();
    var required = node == null ? null : node.getRequiredDuringSchedulingIgnoredDuringExecution();
    Map<String, String> selector = spec.getNodeSelector();
    return new NodeRequirements(
        selector == null ? Map.of() : selector,
        required == null ? List.of() : required.getNodeSelectorTerms());
  }

  /** Whether the node satisfies them. */
  public boolean allow(MemberNode node) {
    return node.labels().entrySet().containsAll(nodeSelector.entrySet())
        && (terms.isEmpty() || terms.stream().anyMatch(term -> matches(term, node)));
  }

  private static boolean matches(NodeSelectorTerm term, MemberNode node) {
    var expressions = orEmpty(term.getMatchExpressions());
    var fields = orEmpty(term.getMatchFields());
    return !(expressions.isEmpty() && fields.isEmpty())
        && expressions.stream().allMatch(e -> matches(e, node.labels().get(e.getKey())))
        && fields.stream()
            .allMatch(f -> f.getKey().equals("metadata.name") && matches(f, node.key().node()));
  }

  private static boolean matches(NodeSelectorRequirement requirement, @Nullable String value) {
    var values = orEmpty(requirement.getValues());
    return switch (requirement.getOperator()) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      case "Gt" -> compare(value, values) > 0;
      case "Lt" -> compare(value, values) < 0;
      // An operator of a newer Kubernetes: what we cannot judge we do not claim to match.
      default -> false;
    };
  }

  /** Compares as integers; 0, which satisfies neither Gt nor Lt, where either is not one. */
  private static int compare(@Nullable String value, List<String> values) {
    try {
      return value == null || values.size() != 1
          ? 0
          : Long.compare(Long.parseLong(value), Long.parseLong(values.get(0)));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
