package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Merges what a provider says of a pod into what the primary has stored. Pure.
 *
 * <p>Follows the kubelet ({@code pkg/kubelet/status/status_manager.go}, {@code mergePodStatus} and
 * {@code updateStatusInternal}): the provider owns the status, but not the conditions of others,
 * nor the fields that the primary's scheduler and controllers write; a condition's transition time
 * moves only with its status; a terminal phase never changes again.
 *
 * <p>A stored condition that the provider leaves out is taken away if it is one of a kubelet's or
 * of the provider's own types; any other is somebody else's.
 */
final class StatusMerge {

  private static final String POD_SCHEDULED = "PodScheduled";

  private static final List<String> READINESS = List.of("Ready", "ContainersReady");
  private static final int MESSAGE_LIMIT = 4096;

  /** What a kubelet reports and takes back. */
  private static final Set<String> KUBELET_CONDITIONS =
      Set.of(
          "Ready",
          "ContainersReady",
          "Initialized",
          "PodReadyToStartContainers",
          "PodResizePending",
          "PodResizeInProgress",
          "AllContainersRestarting");

  private final @Nullable Long generation;
  private final Set<String> own;
  private final String now;

  /**
   * A merge for one pod at one moment.
   *
   * @param generation the {@code metadata.generation} that the provider has been given, if the
   *     primary counts it
   * @param own the condition types, besides a kubelet's, that are the provider's to take back
   */
  StatusMerge(@Nullable Long generation, Set<String> own, Instant now) {
    this.generation = generation;
    this.own = own;
    this.now = Times.seconds(now);
  }

  /**
   * The status to store.
   *
   * @param stored what the primary has
   * @param pushed what the provider pushed; null leaves all but the conditions as it is
   * @param recorded conditions to set besides, each by its type
   */
  PodStatus merge(
      @Nullable PodStatus stored, @Nullable PodStatus pushed, List<PodCondition> recorded) {
    PodStatus before = stored == null ? new PodStatus() : stored;
    if (pushed == null || Phases.isTerminal(before)) {
      return recorded.isEmpty()
          ? before
          : new PodStatusBuilder(before)
              .withConditions(conditions(before, before.getConditions(), recorded))
              .build();
    }
    PodStatus merged =
        new PodStatusBuilder(pushed)
            .withConditions(conditions(before, pushed.getConditions(), recorded))
            .withObservedGeneration(generation)
            .withNominatedNodeName(before.getNominatedNodeName())
            .withResourceClaimStatuses(before.getResourceClaimStatuses())
            .build();
    merged.setExtendedResourceClaimStatus(before.getExtendedResourceClaimStatus());
    if (before.getQosClass() != null) {
      merged.setQosClass(before.getQosClass()); // immutable
    }
    if (merged.getPhase() == null) {
      merged.setPhase(Objects.requireNonNullElse(before.getPhase(), Phases.PENDING));
    }
    if (merged.getStartTime() == null) {
      merged.setStartTime(before.getStartTime());
    }
    StoredForm.complete(merged);
    return merged;
  }

  /** Whether conditions of this type are reported, and taken back, by every node. */
  static boolean isOfKubelet(String type) {
    return KUBELET_CONDITIONS.contains(type) || POD_SCHEDULED.equals(type);
  }

  /**
   * {@code last} ended as Failed, with all else that is known of the pod kept.
   *
   * @param ready the status that its readiness has now: False, or Unknown
   */
  static PodStatus failed(@Nullable PodStatus last, String reason, String message, String ready) {
    return new PodStatusBuilder(last == null ? new PodStatus() : last)
        .withPhase(Phases.FAILED)
        .withReason(reason)
        .withMessage(message)
        .withConditions(readiness(last, ready, reason, message))
        .build();
  }

  /** {@code stored} with the phase, reason and message of {@code pushed} and nothing else of it. */
  static PodStatus bare(@Nullable PodStatus stored, PodStatus pushed) {
    PodStatus before = stored == null ? new PodStatus() : stored;
    String message = pushed.getMessage();
    PodStatusBuilder bare =
        new PodStatusBuilder(before)
            .withPhase(pushed.getPhase())
            .withReason(pushed.getReason())
            .withMessage(
                message != null && message.length() > MESSAGE_LIMIT
                    ? message.substring(0, MESSAGE_LIMIT - 1) + "…"
                    : message);
    if (Phases.isTerminal(pushed)) {
      String reason = Phases.FAILED.equals(pushed.getPhase()) ? "PodFailed" : "PodCompleted";
      bare.withConditions(readiness(before, "False", reason, null));
    }
    return bare.build();
  }

  /** The kubelet's own conditions of {@code last}, with another readiness; nobody else's. */
  private static List<PodCondition> readiness(
      @Nullable PodStatus last, String ready, String reason, @Nullable String message) {
    Map<String, PodCondition> conditions = new LinkedHashMap<>();
    if (last != null) {
      last.getConditions().stream()
          .filter(condition -> condition.getType() != null)
          .filter(condition -> KUBELET_CONDITIONS.contains(condition.getType()))
          .forEach(condition -> conditions.put(condition.getType(), condition));
    }
    for (String type : READINESS) {
      conditions.put(
          type,
          new PodConditionBuilder()
              .withType(type)
              .withStatus(ready)
              .withReason(reason)
              .withMessage(message)
              .build());
    }
    return List.copyOf(conditions.values());
  }

  private List<PodCondition> conditions(
      PodStatus stored, List<PodCondition> pushed, List<PodCondition> recorded) {
    Map<String, PodCondition> before = new LinkedHashMap<>();
    stored.getConditions().forEach(condition -> before.put(condition.getType(), condition));

    Map<String, PodCondition> after = new LinkedHashMap<>();
    Set<String> reported = new HashSet<>();
    pushed.forEach(condition -> reported.add(condition.getType()));
    before.forEach(
        (type, condition) -> {
          boolean ours = KUBELET_CONDITIONS.contains(type) || own.contains(type);
          if (!ours || reported.contains(type)) {
            after.put(type, condition); // keeps its place in the list
          }
        });
    for (PodCondition condition : pushed) {
      if (condition.getType() != null && !POD_SCHEDULED.equals(condition.getType())) {
        after.put(condition.getType(), settle(before.get(condition.getType()), condition));
      }
    }
    for (PodCondition condition : recorded) {
      after.put(condition.getType(), settle(before.get(condition.getType()), condition));
    }
    // A pod that was created with a node name never met the scheduler: say so, as a kubelet does.
    after.computeIfAbsent(
        POD_SCHEDULED,
        type -> settle(null, new PodConditionBuilder().withType(type).withStatus("True").build()));
    return new ArrayList<>(after.values());
  }

  private PodCondition settle(@Nullable PodCondition before, PodCondition condition) {
    if (condition.equals(before)) {
      return condition;
    }
    String status = Objects.requireNonNullElse(condition.getStatus(), "Unknown");
    String since =
        before != null && status.equals(before.getStatus())
            ? before.getLastTransitionTime()
            : Times.asStored(condition.getLastTransitionTime());
    return new PodConditionBuilder(condition)
        .withStatus(status)
        .withLastTransitionTime(Objects.requireNonNullElse(since, now))
        .withLastProbeTime(Times.asStored(condition.getLastProbeTime()))
        .withObservedGeneration(generation)
        .build();
  }
}
