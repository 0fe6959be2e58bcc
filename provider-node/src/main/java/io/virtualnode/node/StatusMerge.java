package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Merges what a provider says of a pod into what the primary has stored. Pure.
 *
 * <p>Follows the kubelet ({@code pkg/kubelet/status/status_manager.go}, {@code mergePodStatus} and
 * {@code updateStatusInternal}): the provider owns the status, but not the conditions of others,
 * nor the fields that the primary's scheduler and controllers write; a condition's transition time
 * moves only with its status; a terminal phase never changes again.
 */
final class StatusMerge {

  private static final String POD_SCHEDULED = "PodScheduled";

  /** What a kubelet reports and takes back; any other type that is absent is somebody else's. */
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
  private final String now;

  /**
   * A merge for one pod at one moment.
   *
   * @param generation the {@code metadata.generation} that the provider has been given, if the
   *     primary counts it
   */
  StatusMerge(@Nullable Long generation, Instant now) {
    this.generation = generation;
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
    merged.setStartTime(
        merged.getStartTime() == null
            ? before.getStartTime()
            : Times.asStored(merged.getStartTime()));
    completeAddresses(merged);
    merged.getInitContainerStatuses().forEach(StatusMerge::normalise);
    merged.getContainerStatuses().forEach(StatusMerge::normalise);
    merged.getEphemeralContainerStatuses().forEach(StatusMerge::normalise);
    return merged;
  }

  /** {@code stored} ended as Failed, with all else that is known of the pod kept. */
  static PodStatus failed(@Nullable PodStatus stored, String reason, String message) {
    return new PodStatusBuilder(stored == null ? new PodStatus() : stored)
        .withPhase(Phases.FAILED)
        .withReason(reason)
        .withMessage(message)
        .build();
  }

  private List<PodCondition> conditions(
      PodStatus stored, List<PodCondition> pushed, List<PodCondition> recorded) {
    Map<String, PodCondition> before = new LinkedHashMap<>();
    stored.getConditions().forEach(condition -> before.put(condition.getType(), condition));

    Map<String, PodCondition> after = new LinkedHashMap<>();
    Set<String> reported = pushed.stream().map(PodCondition::getType).collect(Collectors.toSet());
    before.forEach(
        (type, condition) -> {
          if (!KUBELET_CONDITIONS.contains(type) || reported.contains(type)) {
            after.put(type, condition); // keeps its place in the list
          }
        });
    for (PodCondition condition : pushed) {
      if (!POD_SCHEDULED.equals(condition.getType())) {
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
    String since =
        before != null && condition.getStatus().equals(before.getStatus())
            ? before.getLastTransitionTime()
            : Times.asStored(condition.getLastTransitionTime());
    return new PodConditionBuilder(condition)
        .withLastTransitionTime(Objects.requireNonNullElse(since, now))
        .withLastProbeTime(Times.asStored(condition.getLastProbeTime()))
        .withObservedGeneration(generation)
        .build();
  }

  /** This and the next as the API server does, so that what comes back equals what was meant. */
  private static void completeAddresses(PodStatus status) {
    if (status.getPodIP() != null && status.getPodIPs().isEmpty()) {
      status.setPodIPs(List.of(new PodIP(status.getPodIP())));
    } else if (status.getPodIP() == null && !status.getPodIPs().isEmpty()) {
      status.setPodIP(status.getPodIPs().get(0).getIp());
    }
    if (status.getHostIP() != null && status.getHostIPs().isEmpty()) {
      status.setHostIPs(List.of(new HostIP(status.getHostIP())));
    } else if (status.getHostIP() == null && !status.getHostIPs().isEmpty()) {
      status.setHostIP(status.getHostIPs().get(0).getIp());
    }
  }

  private static void normalise(ContainerStatus container) {
    container.setImage(Objects.requireNonNullElse(container.getImage(), ""));
    container.setImageID(Objects.requireNonNullElse(container.getImageID(), ""));
    container.setReady(Objects.requireNonNullElse(container.getReady(), false));
    container.setRestartCount(Objects.requireNonNullElse(container.getRestartCount(), 0));
    container.setState(normalised(container.getState()));
    container.setLastState(normalised(container.getLastState()));
  }

  private static ContainerState normalised(@Nullable ContainerState state) {
    if (state == null) {
      return new ContainerState();
    }
    var running = state.getRunning();
    if (running != null) {
      running.setStartedAt(Times.asStored(running.getStartedAt()));
    }
    var terminated = state.getTerminated();
    if (terminated != null) {
      terminated.setStartedAt(Times.asStored(terminated.getStartedAt()));
      terminated.setFinishedAt(Times.asStored(terminated.getFinishedAt()));
    }
    return state;
  }
}
