package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a simulated node offers. Capacity and allocatable are the same.
 *
 * @param resources amounts by resource name, such as cpu, memory, pods or nvidia.com/gpu
 * @param labels labels besides kubernetes.io/hostname, os and arch
 * @param taints taints besides those that the cluster's own controllers set
 */
public record NodeShape(
    Map<String, Quantity> resources, Map<String, String> labels, List<Taint> taints) {

  /** Copies the collections. */
  public NodeShape {
    resources = Map.copyOf(requireNonNull(resources, "resources is null"));
    labels = Map.copyOf(requireNonNull(labels, "labels is null"));
    taints = List.copyOf(requireNonNull(taints, "taints is null"));
  }

  /** A node with this many cores, 4 GiB of memory and 20 GiB of disk for each, and 110 pods. */
  public static NodeShape cores(int cores) {
    return of(cores, 4L * cores + "Gi", 20L * cores + "Gi", 110);
  }

  /** A node of that many cores and memory (as in "32Gi") with 100 GiB of disk and 110 pods. */
  public static NodeShape of(int cores, String memory) {
    return of(cores, memory, "100Gi", 110);
  }

  /** A node of that many cores, memory and ephemeral storage (as in "32Gi"), and pods. */
  public static NodeShape of(int cores, String memory, String ephemeralStorage, int pods) {
    return new NodeShape(
        Map.of(
            "cpu", new Quantity(Integer.toString(cores)),
            "memory", new Quantity(memory),
            "ephemeral-storage", new Quantity(ephemeralStorage),
            "pods", new Quantity(Integer.toString(pods))),
        Map.of(),
        List.of());
  }

  /** The same with an amount of one resource added or replaced. */
  public NodeShape with(String name, String amount) {
    Map<String, Quantity> more = new HashMap<>(resources);
    more.put(name, new Quantity(amount));
    return new NodeShape(more, labels, taints);
  }

  /** The same with one more label. */
  public NodeShape withLabel(String key, String value) {
    Map<String, String> more = new HashMap<>(labels);
    more.put(key, value);
    return new NodeShape(resources, more, taints);
  }

  /** The same with one more taint; effect is NoSchedule, PreferNoSchedule or NoExecute. */
  public NodeShape withTaint(String key, String value, String effect) {
    List<Taint> more = new ArrayList<>(taints);
    more.add(new TaintBuilder().withKey(key).withValue(value).withEffect(effect).build());
    return new NodeShape(resources, labels, more);
  }
}
