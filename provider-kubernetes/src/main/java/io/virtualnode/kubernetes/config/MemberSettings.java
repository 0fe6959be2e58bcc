package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;
import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One cluster that runs the work.
 *
 * @param name the member's name in labels, conditions, metrics and messages
 * @param access how it is reached
 * @param namespace the one namespace of all delegates; where absent, each has its proxy's
 * @param nodeSelector labels that a node of the member must have to be used; delegates carry it
 * @param tolerations what makes tainted nodes of the member usable; delegates carry them
 * @param headroom by resource name, what is left free on <em>each</em> usable node, in the units of
 *     a Node's allocatable
 * @param capacity where the member's room is known from
 * @param weight how much this member is preferred by {@link Strategy#WEIGHTED}: its speed, or the
 *     inverse of its cost
 * @param drain whether it gets nothing new, while what runs there runs on
 */
public record MemberSettings(
    String name,
    ClusterAccess access,
    Optional<String> namespace,
    Map<String, String> nodeSelector,
    List<Toleration> tolerations,
    Map<String, Quantity> headroom,
    CapacitySource capacity,
    int weight,
    boolean drain) {

  /** The weight of a member where the configuration names none. */
  public static final int DEFAULT_WEIGHT = 1;

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a value is one that a cluster would refuse, or a headroom
   *     or the weight is negative, or a source that sees no nodes has no namespace
   */
  public MemberSettings {
    requireNonNull(name, "name is null");
    requireNonNull(access, "access is null");
    requireNonNull(namespace, "namespace is null");
    nodeSelector = Map.copyOf(nodeSelector);
    tolerations = List.copyOf(tolerations);
    headroom = Map.copyOf(headroom);
    requireNonNull(capacity, "capacity is null");
    check("name", Syntax.dnsLabel(name));
    check("namespace", namespace.flatMap(Syntax::dnsLabel));
    nodeSelector.forEach(
        (key, value) -> {
          check("nodeSelector", Syntax.labelKey(key));
          check("nodeSelector", Syntax.labelValue(value));
        });
    tolerations.forEach(toleration -> check("tolerations", Syntax.toleration(toleration)));
    headroom.forEach(
        (resource, amount) -> {
          check("headroom", Syntax.labelKey(resource));
          check("headroom", Syntax.amount(amount));
        });
    check("weight", weight < 0 ? Optional.of("is negative") : Optional.empty());
    check(
        "capacity",
        capacity.seesNodes() || namespace.isPresent()
            ? Optional.empty()
            : Optional.of("without nodes needs a namespace"));
  }

  /** A member of that name with everything else as by default. */
  public static MemberSettings named(String name, ClusterAccess access) {
    return new MemberSettings(
        name,
        access,
        Optional.empty(),
        Map.of(),
        List.of(),
        Map.of(),
        new CapacitySource.Nodes(),
        DEFAULT_WEIGHT,
        false);
  }

  /** The same with all delegates in one namespace. */
  public MemberSettings withNamespace(String value) {
    return new MemberSettings(
        name,
        access,
        Optional.of(value),
        nodeSelector,
        tolerations,
        headroom,
        capacity,
        weight,
        drain);
  }

  /** The same with only the nodes that have these labels. */
  public MemberSettings withNodeSelector(Map<String, String> value) {
    return new MemberSettings(
        name, access, namespace, value, tolerations, headroom, capacity, weight, drain);
  }

  /** The same with the nodes whose taints these cover. */
  public MemberSettings withTolerations(List<Toleration> value) {
    return new MemberSettings(
        name, access, namespace, nodeSelector, value, headroom, capacity, weight, drain);
  }

  /** The same with so much left free on each node. */
  public MemberSettings withHeadroom(Map<String, Quantity> value) {
    return new MemberSettings(
        name, access, namespace, nodeSelector, tolerations, value, capacity, weight, drain);
  }

  /** The same with its room known from elsewhere. */
  public MemberSettings withCapacity(CapacitySource value) {
    return new MemberSettings(
        name, access, namespace, nodeSelector, tolerations, headroom, value, weight, drain);
  }

  /** The same with another weight. */
  public MemberSettings withWeight(int value) {
    return new MemberSettings(
        name, access, namespace, nodeSelector, tolerations, headroom, capacity, value, drain);
  }

  /** The same, drained or not. */
  public MemberSettings withDrain(boolean value) {
    return new MemberSettings(
        name, access, namespace, nodeSelector, tolerations, headroom, capacity, weight, value);
  }
}
