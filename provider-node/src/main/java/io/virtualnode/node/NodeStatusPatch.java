package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.DaemonEndpoint;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeDaemonEndpoints;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import io.fabric8.kubernetes.api.model.NodeSystemInfoBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.api.NodeReport;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The status of a Node as it should be, and a strategic merge patch to get there. Pure.
 *
 * <p>Conditions of others stay; all else in a Node's status is its kubelet's.
 */
final class NodeStatusPatch {

  private static final String READY = "Ready";
  private static final List<NodeCondition> NO_PRESSURE =
      List.of(
          noPressure("MemoryPressure", "KubeletHasSufficientMemory"),
          noPressure("DiskPressure", "KubeletHasNoDiskPressure"),
          noPressure("PIDPressure", "KubeletHasSufficientPID"));

  private final NodeDescription description;
  private final NodeSystemInfo info;
  private final NodeDaemonEndpoints endpoints;

  NodeStatusPatch(NodeDescription description) {
    this.description = description;
    this.info = info(description);
    this.endpoints =
        new NodeDaemonEndpoints(
            new DaemonEndpoint(description.kubeletPort().orElse(0))); // 0 is "not served"
  }

  /** The whole status, for a Node that is about to be created. */
  NodeStatus create(NodeReport report, Instant now) {
    return new NodeStatusBuilder()
        .withAddresses(description.addresses())
        .withCapacity(report.capacity())
        .withAllocatable(report.allocatable())
        .withConditions(conditions(report, Map.of(), now))
        .withNodeInfo(info)
        .withDeclaredFeatures(description.declaredFeatures())
        .withDaemonEndpoints(endpoints)
        .build();
  }

  /**
   * The patch, on condition that the Node is the observed one; empty if nothing differs.
   *
   * @param formerConditions the types of the provider's conditions that were written before, so
   *     that those it no longer reports are taken away
   * @param heartbeat whether to write even if only the time is new
   */
  Optional<Map<String, Object>> patch(
      Node observed,
      NodeReport report,
      Iterable<String> formerConditions,
      boolean heartbeat,
      Instant now) {
    NodeStatus status = observed.getStatus();
    Map<String, NodeCondition> before = new LinkedHashMap<>();
    status.getConditions().forEach(condition -> before.put(condition.getType(), condition));
    List<NodeCondition> conditions = conditions(report, before, now);

    Map<String, @Nullable Object> changes = facts(status, report);
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
    return Optional.of(
        Map.of("metadata", Map.of("uid", observed.getMetadata().getUid()), "status", changes));
  }

  /** What differs besides the conditions. */
  private Map<String, @Nullable Object> facts(NodeStatus status, NodeReport report) {
    Map<String, @Nullable Object> changes = new LinkedHashMap<>();
    quantities(status.getCapacity(), report.capacity())
        .ifPresent(some -> changes.put("capacity", some));
    quantities(status.getAllocatable(), report.allocatable())
        .ifPresent(some -> changes.put("allocatable", some));
    if (!description.addresses().equals(status.getAddresses())) {
      // Merged by type, two IPs of one type would become one (kubelet: fixupPatchForNodeStatus…).
      List<Object> addresses = new ArrayList<>(description.addresses());
      addresses.add(Map.of("$patch", "replace"));
      changes.put("addresses", addresses);
    }
    if (!info.equals(status.getNodeInfo())) {
      changes.put("nodeInfo", info);
    }
    if (!description.declaredFeatures().equals(status.getDeclaredFeatures())) {
      changes.put("declaredFeatures", description.declaredFeatures());
    }
    if (!endpoints.equals(status.getDaemonEndpoints())) {
      changes.put("daemonEndpoints", endpoints);
    }
    return changes;
  }

  private static List<NodeCondition> conditions(
      NodeReport report, Map<String, NodeCondition> before, Instant now) {
    Map<String, NodeCondition> all = new LinkedHashMap<>();
    NO_PRESSURE.forEach(condition -> all.put(condition.getType(), condition));
    report.conditions().forEach(condition -> all.put(condition.getType(), condition));
    all.remove(READY); // the provider's word for it is report.ready()
    all.put(READY, ready(report));
    String time = Times.seconds(now);
    return all.values().stream().map(c -> settle(before.get(c.getType()), c, time)).toList();
  }

  private static NodeCondition ready(NodeReport report) {
    return new NodeConditionBuilder()
        .withType(READY)
        .withStatus(report.ready() ? "True" : "False")
        .withReason(report.ready() ? "KubeletReady" : "ProviderNotReady")
        .withMessage(
            report.message().isEmpty() ? "virtual node is posting status" : report.message())
        .build();
  }

  private static NodeCondition noPressure(String type, String reason) {
    return new NodeConditionBuilder()
        .withType(type)
        .withStatus("False")
        .withReason(reason)
        .withMessage("a virtual node has no such resource of its own")
        .build();
  }

  private static NodeCondition settle(
      @Nullable NodeCondition before, NodeCondition condition, String now) {
    String status = Objects.requireNonNullElse(condition.getStatus(), "Unknown");
    String since =
        before != null && status.equals(before.getStatus()) ? before.getLastTransitionTime() : now;
    return new NodeConditionBuilder(condition)
        .withStatus(status)
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

  private static NodeSystemInfo info(NodeDescription description) {
    byte[] name = description.name().getBytes(StandardCharsets.UTF_8);
    String id = UUID.nameUUIDFromBytes(name).toString();
    return new NodeSystemInfoBuilder()
        .withMachineID(id)
        .withSystemUUID(id)
        .withBootID(id)
        .withKernelVersion("none")
        .withOsImage("Virtual Node " + Version.OWN)
        .withContainerRuntimeVersion("virtualnode://" + Version.OWN)
        .withKubeletVersion(Version.kubelet())
        .withKubeProxyVersion("")
        .withOperatingSystem(description.operatingSystem())
        .withArchitecture(description.architecture())
        .build();
  }
}
