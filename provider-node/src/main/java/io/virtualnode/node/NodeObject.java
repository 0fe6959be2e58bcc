package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.DaemonEndpoint;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeDaemonEndpoints;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import io.fabric8.kubernetes.api.model.NodeSystemInfoBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.api.NodeReport;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The Node as it should be, and what of the observed one has to be changed for that. Pure.
 *
 * <p>Only what is ours is ever in a patch: labels, annotations, taints and conditions that others
 * put on the Node stay.
 */
final class NodeObject {

  /** The label that proves that a Node is a virtual node of this software. */
  static final String MANAGED_LABEL = "virtualnode.io/managed";

  private final NodeSettings settings;
  private final Map<String, String> labels;

  NodeObject(NodeSettings settings) {
    this.settings = settings;
    Map<String, String> all = new TreeMap<>();
    all.put("type", "virtual-kubelet");
    all.put("kubernetes.io/os", settings.operatingSystem());
    all.put("kubernetes.io/arch", settings.architecture());
    all.putAll(settings.labels());
    all.put("kubernetes.io/hostname", settings.name());
    all.put(MANAGED_LABEL, "true");
    this.labels = all;
  }

  /** Whether the Node is a virtual node of this software, and not a machine's. */
  static boolean isOurs(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels != null && "true".equals(labels.get(MANAGED_LABEL));
  }

  /** The whole object, for a primary that has none. */
  Node create(NodeReport report, Instant now) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(settings.name())
        .withLabels(labels)
        .withAnnotations(settings.annotations())
        .endMetadata()
        .withNewSpec()
        .withTaints(settings.taints())
        .endSpec()
        .withStatus(
            new NodeStatusBuilder()
                .withAddresses(settings.addresses())
                .withCapacity(report.capacity())
                .withAllocatable(report.allocatable())
                .withConditions(conditions(report, Map.of(), now))
                .withNodeInfo(nodeInfo())
                .withDeclaredFeatures(settings.declaredFeatures())
                .withDaemonEndpoints(daemonEndpoints())
                .build())
        .build();
  }

  /**
   * A merge patch of labels and annotations, and of taints if {@code withTaints}; empty if nothing
   * is missing. It carries the resourceVersion, because it replaces the list of taints.
   */
  Optional<Map<String, Object>> metadataPatch(Node observed, boolean withTaints) {
    var metadata = observed.getMetadata();
    Map<String, Object> changes = new LinkedHashMap<>();
    missing(labels, metadata.getLabels()).ifPresent(some -> changes.put("labels", some));
    missing(settings.annotations(), metadata.getAnnotations())
        .ifPresent(some -> changes.put("annotations", some));
    Map<String, Object> patch = new LinkedHashMap<>();
    List<Taint> taints = mergedTaints(observed.getSpec().getTaints());
    if (withTaints && !taints.equals(observed.getSpec().getTaints())) {
      patch.put("spec", Map.of("taints", taints));
    }
    if (changes.isEmpty() && patch.isEmpty()) {
      return Optional.empty();
    }
    changes.put("resourceVersion", metadata.getResourceVersion());
    patch.put("metadata", changes);
    return Optional.of(patch);
  }

  /**
   * A strategic merge patch of the status.
   *
   * @param formerConditions the types of the provider's conditions that were written before, so
   *     that those it no longer reports are taken away
   * @param heartbeat whether to write even if only the time is new
   */
  Optional<Map<String, Object>> statusPatch(
      Node observed,
      NodeReport report,
      Iterable<String> formerConditions,
      boolean heartbeat,
      Instant now) {
    NodeStatus status = observed.getStatus();
    Map<String, NodeCondition> before = new LinkedHashMap<>();
    status.getConditions().forEach(condition -> before.put(condition.getType(), condition));
    List<NodeCondition> conditions = conditions(report, before, now);

    Map<String, @Nullable Object> changes = new LinkedHashMap<>();
    quantities(status.getCapacity(), report.capacity())
        .ifPresent(some -> changes.put("capacity", some));
    quantities(status.getAllocatable(), report.allocatable())
        .ifPresent(some -> changes.put("allocatable", some));
    if (!status.getAddresses().containsAll(settings.addresses())) {
      changes.put("addresses", settings.addresses());
    }
    if (!nodeInfo().equals(status.getNodeInfo())) {
      changes.put("nodeInfo", nodeInfo());
    }
    if (!settings.declaredFeatures().equals(status.getDeclaredFeatures())) {
      changes.put("declaredFeatures", settings.declaredFeatures());
    }
    if (!daemonEndpoints().equals(status.getDaemonEndpoints())) {
      changes.put("daemonEndpoints", daemonEndpoints());
    }
    List<Object> conditionChanges = new ArrayList<>();
    if (heartbeat || conditions.stream().anyMatch(c -> differs(before.get(c.getType()), c))) {
      conditionChanges.addAll(conditions);
    }
    for (String type : formerConditions) {
      if (before.containsKey(type)
          && conditions.stream().noneMatch(condition -> type.equals(condition.getType()))) {
        conditionChanges.add(Map.of("$patch", "delete", "type", type));
      }
    }
    if (changes.isEmpty() && conditionChanges.isEmpty()) {
      return Optional.empty();
    }
    // Whatever is written is a heartbeat too.
    changes.put("conditions", conditionChanges.isEmpty() ? conditions : conditionChanges);
    return Optional.of(Map.of("status", changes));
  }

  private List<NodeCondition> conditions(
      NodeReport report, Map<String, NodeCondition> before, Instant now) {
    List<NodeCondition> all = new ArrayList<>();
    all.add(pressure("MemoryPressure", "KubeletHasSufficientMemory"));
    all.add(pressure("DiskPressure", "KubeletHasNoDiskPressure"));
    all.add(pressure("PIDPressure", "KubeletHasSufficientPID"));
    all.addAll(report.conditions());
    all.add(
        new NodeConditionBuilder()
            .withType("Ready")
            .withStatus(report.ready() ? "True" : "False")
            .withReason(report.ready() ? "KubeletReady" : "ProviderNotReady")
            .withMessage(
                report.message().isEmpty() ? "virtual node is posting status" : report.message())
            .build());
    String time = Times.seconds(now);
    return all.stream().map(c -> settle(before.get(c.getType()), c, time)).toList();
  }

  private static NodeCondition pressure(String type, String reason) {
    return new NodeConditionBuilder()
        .withType(type)
        .withStatus("False")
        .withReason(reason)
        .withMessage("a virtual node has no such resource of its own")
        .build();
  }

  private static NodeCondition settle(
      @Nullable NodeCondition before, NodeCondition condition, String now) {
    String since =
        before != null && Objects.equals(before.getStatus(), condition.getStatus())
            ? before.getLastTransitionTime()
            : now;
    return new NodeConditionBuilder(condition)
        .withLastHeartbeatTime(now)
        .withLastTransitionTime(Objects.requireNonNullElse(since, now))
        .build();
  }

  private static boolean differs(@Nullable NodeCondition before, NodeCondition after) {
    return before == null
        || !Objects.equals(before.getStatus(), after.getStatus())
        || !Objects.equals(before.getReason(), after.getReason())
        || !Objects.equals(before.getMessage(), after.getMessage());
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
    for (Taint taint : settings.taints()) {
      String id = taint.getKey() + "/" + taint.getEffect();
      Taint there = merged.get(id);
      if (there == null || !Objects.equals(there.getValue(), taint.getValue())) {
        merged.put(id, taint);
      }
    }
    return List.copyOf(merged.values());
  }

  private static Optional<Map<String, @Nullable Object>> quantities(
      @Nullable Map<String, Quantity> present, Map<String, Quantity> wanted) {
    Map<String, Quantity> before = present == null ? Map.of() : present;
    Map<String, @Nullable Object> changes = new LinkedHashMap<>();
    wanted.forEach(
        (name, amount) -> {
          if (!amount.equals(before.get(name))) {
            changes.put(name, amount);
          }
        });
    for (String name : before.keySet()) {
      if (!wanted.containsKey(name)) {
        changes.put(name, null);
      }
    }
    return changes.isEmpty() ? Optional.empty() : Optional.of(changes);
  }

  private NodeSystemInfo nodeInfo() {
    String id = UUID.nameUUIDFromBytes(settings.name().getBytes(StandardCharsets.UTF_8)).toString();
    return new NodeSystemInfoBuilder()
        .withMachineID(id)
        .withSystemUUID(id)
        .withBootID(id)
        .withKernelVersion("none")
        .withOsImage("Virtual Node " + Version.OWN)
        .withContainerRuntimeVersion("virtualnode://" + Version.OWN)
        .withKubeletVersion(Version.kubelet())
        .withKubeProxyVersion("")
        .withOperatingSystem(settings.operatingSystem())
        .withArchitecture(settings.architecture())
        .build();
  }

  private NodeDaemonEndpoints daemonEndpoints() {
    return new NodeDaemonEndpoints(
        new DaemonEndpoint(settings.kubeletPort().orElse(0))); // 0 is "not served"
  }
}
