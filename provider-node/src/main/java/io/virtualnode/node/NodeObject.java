package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.api.NodeReport;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The Node as it should be, and what of the observed one's labels, annotations and taints has to be
 * changed for that; of its status see {@link NodeStatusPatch}. Pure.
 *
 * <p>Only what is ours is ever in a patch: labels, annotations and taints that others put on the
 * Node stay.
 */
final class NodeObject {

  /** The label that proves that a Node is a virtual node of this software. */
  static final String MANAGED_LABEL = "virtualnode.io/managed";

  private final NodeDescription description;
  private final NodeStatusPatch status;
  private final Map<String, String> labels;

  NodeObject(NodeDescription description) {
    this.description = description;
    this.status = new NodeStatusPatch(description);
    Map<String, String> all = new TreeMap<>();
    all.put("type", "virtual-kubelet");
    all.put("kubernetes.io/os", description.operatingSystem());
    all.put("kubernetes.io/arch", description.architecture());
    all.putAll(description.labels());
    all.put("kubernetes.io/hostname", description.name());
    all.put(MANAGED_LABEL, "true");
    this.labels = all;
  }

  /** Whether the Node is marked as a virtual node of this software, and not a machine's. */
  static boolean isManaged(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels != null && "true".equals(labels.get(MANAGED_LABEL));
  }

  NodeStatusPatch status() {
    return status;
  }

  /** The whole object, for a primary that has none. */
  Node create(NodeReport report, Instant now) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(description.name())
        .withLabels(labels)
        .withAnnotations(description.annotations())
        .endMetadata()
        .withNewSpec()
        .withTaints(description.taints())
        .endSpec()
        .withStatus(status.create(report, now))
        .build();
  }

  /**
   * A merge patch of labels and annotations, and of taints if {@code withTaints}; empty if nothing
   * is missing. It carries the UID, and the resourceVersion because it replaces the list of taints.
   */
  Optional<Map<String, Object>> metadataPatch(Node observed, boolean withTaints) {
    var metadata = observed.getMetadata();
    Map<String, Object> changes = new LinkedHashMap<>();
    missing(labels, metadata.getLabels()).ifPresent(some -> changes.put("labels", some));
    missing(description.annotations(), metadata.getAnnotations())
        .ifPresent(some -> changes.put("annotations", some));
    Map<String, Object> patch = new LinkedHashMap<>();
    List<Taint> taints = mergedTaints(observed.getSpec().getTaints());
    if (withTaints && !taints.equals(observed.getSpec().getTaints())) {
      patch.put("spec", Map.of("taints", taints));
    }
    if (changes.isEmpty() && patch.isEmpty()) {
      return Optional.empty();
    }
    changes.put("uid", metadata.getUid());
    changes.put("resourceVersion", metadata.getResourceVersion());
    patch.put("metadata", changes);
    return Optional.of(patch);
  }

  private static Optional<Map<String, String>> missing(
      Map<String, String> wanted, @Nullable Map<String, String> present) {
    Map<String, String> missing = new LinkedHashMap<>();
    wanted.forEach(
        (key, value) -> {
          if (present == null || !value.equals(present.get(key))) {
            missing.put(key, value);
          }
        });
    return missing.isEmpty() ? Optional.empty() : Optional.of(missing);
  }

  /** Ours over those of the same key and effect; all others as they were. */
  private List<Taint> mergedTaints(List<Taint> present) {
    Map<String, Taint> merged = new LinkedHashMap<>();
    present.forEach(taint -> merged.put(taint.getKey() + "/" + taint.getEffect(), taint));
    for (Taint taint : description.taints()) {
      String id = taint.getKey() + "/" + taint.getEffect();
      Taint there = merged.get(id);
      if (there == null || !Objects.equals(there.getValue(), taint.getValue())) {
        merged.put(id, taint);
      }
    }
    return List.copyOf(merged.values());
  }
}
