package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;
import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the Node object in the primary looks like.
 *
 * @param name its {@code metadata.name}
 * @param labels labels beside those that every virtual node carries
 * @param taints its taints, complete; an empty list means none
 * @param topology how many virtual nodes there are; with several, {@code name} begins the name of
 *     each
 * @param inheritedLabels which labels of the members' nodes the virtual node carries
 * @param internalIp the address under which the primary's API server reaches the kubelet API; found
 *     out at start where absent
 */
public record NodeSettings(
    String name,
    Map<String, String> labels,
    List<Taint> taints,
    Topology topology,
    InheritedLabels inheritedLabels,
    Optional<String> internalIp) {

  /** Keeps pods off that do not ask for the virtual node. */
  public static final List<Taint> DEFAULT_TAINTS =
      List.of(
          new TaintBuilder()
              .withKey("virtualnode.io/provider")
              .withValue("kubernetes")
              .withEffect("NoSchedule")
              .build());

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a value is one that the primary would refuse
   */
  public NodeSettings {
    requireNonNull(name, "name is null");
    requireNonNull(topology, "topology is null");
    requireNonNull(inheritedLabels, "inheritedLabels is null");
    requireNonNull(internalIp, "internalIp is null");
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
    check("name", Syntax.nodeName(name));
    check("internalIp", internalIp.flatMap(Syntax::ip));
    labels.forEach(
        (key, value) -> {
          check("labels", Syntax.labelKey(key));
          check("labels", Syntax.labelValue(value));
        });
    taints.forEach(taint -> check("taints", Syntax.taint(taint)));
  }

  /** A node of that name with everything else as by default. */
  public static NodeSettings named(String name) {
    return new NodeSettings(
        name,
        Map.of(),
        DEFAULT_TAINTS,
        Topology.AGGREGATE,
        InheritedLabels.DEFAULT,
        Optional.empty());
  }

  /** The same with other labels of its own. */
  public NodeSettings withLabels(Map<String, String> value) {
    return new NodeSettings(name, value, taints, topology, inheritedLabels, internalIp);
  }

  /** The same with other taints. */
  public NodeSettings withTaints(List<Taint> value) {
    return new NodeSettings(name, labels, value, topology, inheritedLabels, internalIp);
  }

  /** The same with another number of virtual nodes. */
  public NodeSettings withTopology(Topology value) {
    return new NodeSettings(name, labels, taints, value, inheritedLabels, internalIp);
  }

  /** The same with other labels from the members' nodes. */
  public NodeSettings withInheritedLabels(InheritedLabels value) {
    return new NodeSettings(name, labels, taints, topology, value, internalIp);
  }

  /** The same at that address. */
  public NodeSettings withInternalIp(String value) {
    return new NodeSettings(name, labels, taints, topology, inheritedLabels, Optional.of(value));
  }
}
