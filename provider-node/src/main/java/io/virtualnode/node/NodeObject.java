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
import java.util.Set;
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
  private final AppliedMarks marks;
  private final Map<String, String> labels;

  NodeObject(NodeDescription description) {
    this.description = description;
    this.status = new NodeStatusPatch(description);
    this.marks = AppliedMarks.by(description);
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
        .addToAnnotations(AppliedMarks.ANNOTATION, marks.note())
        .endMetadata()
        .withNewSpec()
        .withTaints(description.taints())
        .endSpec()
        .withStatus(status.create(report, now))
        .build();
  }

  /**
   * A merge patch of labels and annotations, and of taints if {@code withTaints}; empty if nothing
   * is to be changed. What an earlier description put there and this one lacks is taken off. It
   * carries the UID, and the resourceVersion because it replaces the list of taints.
   */
  Optional<Map<String, Object>> metadataPatch(Node observed, boolean withTaints) {
    var metadata = observed.getMetadata();
    AppliedMarks before = AppliedMarks.on(observed);
    AppliedMarks after = withTaints ? marks : marks.withTaintsOf(before);
    Map<String, String> annotations = new LinkedHashMap<>(description.annotations());
    annotations.put(AppliedMarks.ANNOTATION, after.note());

    Map<String, Object> changes = new LinkedHashMap<>();
    changes(labels, metadata.getLabels(), before.labels())
        .ifPresent(some -> changes.put("labels", some));
    changes(annotations, metadata.getAnnotations(), Set.of())
        .ifPresent(some -> changes.put("annotations", some));
    Map<String, Object> patch = new LinkedHashMap<>();
    List<Taint> present = observed.getSpec().getTaints();
    List<Taint> taints = taints(present, before);
    if (withTaints && !taints.equals(present)) {
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

  private static Optional<Map<String, @Nullable Object>> changes(
      Map<String, String> wanted, @Nullable Map<String, String> found, Set<String> former) {
    Map<String, String> present = found == null ? Map.of() : found;
    Map<String, @Nullable Object> changes = new LinkedHashMap<>();
    wanted.forEach(
        (key, value) -> {
          if (!value.equals(present.get(key))) {
            changes.put(key, value);
          }
        });
    for (String key : former) {
      if (!wanted.containsKey(key) && present.containsKey(key)) {
        changes.put(key, null);
      }
    }
    return changes.isEmpty() ? Optional.empty() : Optional.of(changes);
  }

  /** Ours over those of the same key and effect, without our former ones; all others stay. */
  private List<Taint> taints(List<Taint> present, AppliedMarks former) {
    Map<String, Taint> merged = new LinkedHashMap<>();
    for (Taint taint : present) {
      String id = AppliedMarks.id(taint);
      if (!former.taints().contains(id) || marks.taints().contains(id)) {
        merged.put(id, taint);
      }
    }
    for (Taint taint : description.taints()) {
      Taint there = merged.get(AppliedMarks.id(taint));
      if (there == null || !Objects.equals(there.getValue(), taint.getValue())) {
        merged.put(AppliedMarks.id(taint), taint);
      }
    }
    return List.copyOf(merged.values());
  }
}
