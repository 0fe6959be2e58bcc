package io.virtualnode.testkit;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a simulated node has.
 *
 * @param allocatable {@code status.capacity} and {@code status.allocatable}
 * @param labels added to {@code kubernetes.io/hostname}, {@code os} and {@code arch}
 * @param taints {@code spec.taints}
 */
public record NodeShape(
    Map<String, Quantity> allocatable, Map<String, String> labels, List<Taint> taints) {

  /** Copies the collections. */
  public NodeShape {
    allocatable = Map.copyOf(allocatable);
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
  }

  /**
   * A node with this many cores, 4 GiB of memory and 20 GiB of disk for each, and room for 110
   * pods.
   */
  public static NodeShape cores(int cores) {
    return new NodeShape(
        Map.of(
            "cpu", new Quantity(Integer.toString(cores)),
            "memory", new Quantity(4L * cores + "Gi"),
            "ephemeral-storage", new Quantity(20L * cores + "Gi"),
            "pods", new Quantity("110")),
        Map.of(),
        List.of());
  }

  /** This, with another amount of one resource. */
  public NodeShape with(String resource, String amount) {
    var changed = new HashMap<>(allocatable);
    changed.put(resource, new Quantity(amount));
    return new NodeShape(changed, labels, taints);
  }

  /** This, with one more label. */
  public NodeShape withLabel(String key, String value) {
    var changed = new HashMap<>(labels);
    changed.put(key, value);
    return new NodeShape(allocatable, changed, taints);
  }

  Node toNode(String name) {
    var all = new HashMap<>(labels);
    all.put("kubernetes.io/hostname", name);
    all.put("kubernetes.io/os", "linux");
    all.put("kubernetes.io/arch", "amd64");
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(all)
        .addToAnnotations(Simulation.FAKE_NODE, Simulation.FAKE_NODE_VALUE)
        .endMetadata()
        .withNewSpec()
        .withTaints(taints)
        .endSpec()
        .withNewStatus()
        .withCapacity(allocatable)
        .withAllocatable(allocatable)
        .endStatus()
        .build();
  }
}
