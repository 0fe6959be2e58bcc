package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;
import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
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
 */
public record MemberSettings(
    String name,
    ClusterAccess access,
    Optional<String> namespace,
    Map<String, String> nodeSelector,
    List<Toleration> tolerations,
    Map<String, Quantity> headroom) {

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a value is one that a cluster would refuse, or a headroom
   *     is negative
   */
  public MemberSettings {
    requireNonNull(name, "name is null");
    requireNonNull(access, "access is null");
    requireNonNull(namespace, "namespace is null");
    nodeSelector = Map.copyOf(nodeSelector);
    tolerations = List.copyOf(tolerations);
    headroom = Map.copyOf(headroom);
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
          check("headroom", Syntax.headroom(amount));
        });
  }

  /** A member of that name with everything else as by default. */
  public static MemberSettings named(String name, ClusterAccess access) {
    return new MemberSettings(name, access, Optional.empty(), Map.of(), List.of(), Map.of());
  }
}
