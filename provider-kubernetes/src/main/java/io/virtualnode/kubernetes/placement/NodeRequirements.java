package io.virtualnode.kubernetes.placement;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.virtualnode.kubernetes.capacity.MemberNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
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

  static final String HOSTNAME = "kubernetes.io/hostname";

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
    return !isEmpty(term)
        && expressions(term).stream().allMatch(e -> matches(e, node.labels().get(e.getKey())))
        && fields(term).stream().allMatch(f -> isName(f) && matches(f, node.key().node()));
  }

  /** What can be said of nodes of which only some labels are known. */
  enum Answer {
    YES,
    NO,
    DEPENDS
  }

  /**
   * Whether the nodes that have these labels satisfy them.
   *
   * @param known the keys of the labels that are known: a known one that is not in {@code labels}
   *     is one that the nodes do not have
   */
  Answer ask(Set<String> known, Map<String, String> labels) {
    var answer = Answer.YES;
    for (var wanted : nodeSelector.entrySet()) {
      if (!known.contains(wanted.getKey())) {
        answer = Answer.DEPENDS;
      } else if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
        return Answer.NO;
      }
    }
    var best = terms.isEmpty() ? Answer.YES : Answer.NO;
    for (var term : terms) {
      var ofTerm = ask(term, known, labels);
      best = best == Answer.YES || ofTerm == Answer.NO ? best : ofTerm;
    }
    return best == Answer.YES ? answer : best;
  }

  private static Answer ask(NodeSelectorTerm term, Set<String> known, Map<String, String> labels) {
    if (isEmpty(term) || !fields(term).stream().allMatch(NodeRequirements::isName)) {
      return Answer.NO;
    }
    var answer = fields(term).isEmpty() ? Answer.YES : Answer.DEPENDS;
    for (var expression : expressions(term)) {
      if (!known.contains(expression.getKey())) {
        answer = Answer.DEPENDS;
      } else if (!matches(expression, labels.get(expression.getKey()))) {
        return Answer.NO;
      }
    }
    return answer;
  }

  /** The keys of all labels that they refer to. */
  Set<String> labelKeys() {
    var keys = new TreeSet<>(nodeSelector.keySet());
    terms.forEach(term -> expressions(term).forEach(e -> keys.add(e.getKey())));
    return keys;
  }

  /**
   * The only nodes that can satisfy them, by name or by their label {@code kubernetes.io/hostname};
   * empty where they are not confined to such.
   */
  Optional<Set<String>> names() {
    var selected = nodeSelector.get(HOSTNAME);
    if (selected != null) {
      return Optional.of(Set.of(selected));
    }
    var names = new TreeSet<String>();
    for (var term : terms) {
      var ofTerm =
          Stream.concat(
                  expressions(term).stream().filter(e -> e.getKey().equals(HOSTNAME)),
                  fields(term).stream().filter(NodeRequirements::isName))
              .filter(e -> "In".equals(e.getOperator()))
              .findFirst();
      if (ofTerm.isEmpty()) {
        return Optional.empty();
      }
      names.addAll(orEmpty(ofTerm.get().getValues()));
    }
    return terms.isEmpty() ? Optional.empty() : Optional.of(names);
  }

  private static boolean isName(NodeSelectorRequirement field) {
    return field.getKey().equals("metadata.name");
  }

  private static boolean isEmpty(NodeSelectorTerm term) {
    return expressions(term).isEmpty() && fields(term).isEmpty();
  }

  private static List<NodeSelectorRequirement> expressions(NodeSelectorTerm term) {
    return orEmpty(term.getMatchExpressions());
  }

  private static List<NodeSelectorRequirement> fields(NodeSelectorTerm term) {
    return orEmpty(term.getMatchFields());
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
