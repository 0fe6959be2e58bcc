package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a delegate's status reads on its proxy: as it is, less what belongs to the member alone. */
public final class DelegateStatus {

  /**
   * Condition: whether the delegate has been given a node; while there is none, why: in our words
   * until one is chosen, then in those of the member's own scheduler.
   */
  public static final String SCHEDULED = "virtualnode.io/DelegateScheduled";

  private static final Set<String> READINESS = Set.of("Ready", "ContainersReady");
  private static final Set<String> TOLD =
      Set.of("Ready", "ContainersReady", "Initialized", "PodReadyToStartContainers", SCHEDULED);

  private DelegateStatus() {}

  /**
   * The delegate's own phase, reason, message, times, IPs and containers.
   *
   * <p>{@code PodScheduled} becomes {@link #SCHEDULED}: on the proxy it is the primary scheduler's.
   * Left out: the {@linkplain Intent#CONDITION intent} that a member which is itself a primary
   * stores, generations, nominations and resource claims, which name objects of the member.
   */
  public static PodStatus of(Pod delegate) {
    var status = delegate.getStatus();
    return new PodStatusBuilder()
        .withPhase(status.getPhase())
        .withReason(status.getReason())
        .withMessage(status.getMessage())
        .withStartTime(status.getStartTime())
        .withHostIP(status.getHostIP())
        .withHostIPs(status.getHostIPs())
        .withPodIP(status.getPodIP())
        .withPodIPs(status.getPodIPs())
        .withQosClass(status.getQosClass())
        .withConditions(conditions(status.getConditions()))
        .withInitContainerStatuses(status.getInitContainerStatuses())
        .withContainerStatuses(status.getContainerStatuses())
        .withEphemeralContainerStatuses(status.getEphemeralContainerStatuses())
        .withResources(status.getResources())
        .withAllocatedResources(status.getAllocatedResources())
        .build();
  }

  /**
   * Whether a delegate's status says anything that its proxy does not show already: a delegate that
   * has just been created, is yet to be {@linkplain StartGate started}, or has just been bound in
   * its member, does not.
   */
  public static boolean isTelling(Pod delegate) {
    var status = delegate.getStatus();
    if (StartGate.isShut(delegate)) {
      return false;
    }
    return !"Pending".equals(status.getPhase())
        || status.getStartTime() != null
        || conditions(status.getConditions()).stream()
            .anyMatch(c -> SCHEDULED.equals(c.getType()) && !isTrue(c));
  }

  /**
   * What a delegate can have told of what its proxy shows: the rest is others' and stays theirs.
   */
  public static PodStatus told(PodStatus shown) {
    return new PodStatusBuilder(shown)
        .withConditions(
            shown.getConditions().stream().filter(c -> TOLD.contains(c.getType())).toList())
        .build();
  }

  /** A proxy that has no delegate, and why. */
  public static PodStatus pending(String reason, String message) {
    return new PodStatusBuilder()
        .withPhase("Pending")
        .withReason(reason)
        .withMessage(message)
        .build();
  }

  /** A proxy that waits for a node, and why; said as a scheduler says it, too. */
  public static PodStatus unplaced(String reason, String message) {
    return new PodStatusBuilder(pending(reason, message))
        .withConditions(
            new PodConditionBuilder()
                .withType(SCHEDULED)
                .withStatus("False")
                .withReason(reason)
                .withMessage(message)
                .build())
        .build();
  }

  /**
   * The end of a proxy whose delegate went away without a terminal status: the last known status,
   * with containers as last seen and readiness unknown, and Failed because nobody can say more.
   */
  public static PodStatus lost(@Nullable PodStatus last, String reason, String message) {
    return new PodStatusBuilder(unknown(last, reason, message))
        .withPhase("Failed")
        .withReason(reason)
        .withMessage(message)
        .build();
  }

  /** A proxy of whose delegate nothing new is known, and why: what was last known of it stays. */
  public static PodStatus outOfSight(PodStatus last, String reason, String message) {
    return "Pending".equals(last.getPhase())
        ? pending(reason, message)
        : unknown(last, reason, message);
  }

  /** The last known status with readiness unknown, and why. */
  public static PodStatus unknown(@Nullable PodStatus last, String reason, String message) {
    var builder = last == null ? new PodStatusBuilder() : new PodStatusBuilder(last);
    var conditions = new ArrayList<PodCondition>();
    for (var condition : last == null ? List.<PodCondition>of() : last.getConditions()) {
      boolean readiness = READINESS.contains(condition.getType());
      conditions.add(
          readiness
              ? new PodConditionBuilder(condition)
                  .withStatus("Unknown")
                  .withReason(reason)
                  .withMessage(message)
                  .withLastTransitionTime(null)
                  .build()
              : condition);
    }
    return builder.withConditions(conditions).build();
  }

  /** A proxy whose delegate is on its way. */
  public static PodStatus pending() {
    return new PodStatusBuilder().withPhase("Pending").build();
  }

  /** Whether a pod's phase is an end. */
  public static boolean isTerminal(Pod pod) {
    return pod.getStatus() != null && isTerminal(pod.getStatus().getPhase());
  }

  /** Whether a phase is an end. */
  public static boolean isTerminal(@Nullable String phase) {
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  private static boolean isTrue(PodCondition condition) {
    return "True".equals(condition.getStatus());
  }

  private static List<PodCondition> conditions(@Nullable List<PodCondition> delegates) {
    var byType = new LinkedHashMap<String, PodCondition>();
    for (var condition : delegates == null ? List.<PodCondition>of() : delegates) {
      var builder = new PodConditionBuilder(condition).withObservedGeneration(null);
      switch (condition.getType()) {
        case "PodScheduled" -> {
          var ours = builder.withType(SCHEDULED).build();
          if (isTrue(ours)) {
            byType.putIfAbsent(SCHEDULED, ours);
          } else {
            byType.put(SCHEDULED, ours);
          }
        }
        // Where the member is itself a primary, its delegate may still wait for a node.
        case SCHEDULED ->
            byType.merge(SCHEDULED, builder.build(), (ours, next) -> isTrue(ours) ? next : ours);
        // Where the member is itself a primary: its choice, and not to be taken for ours.
        case Intent.CONDITION -> {}
        default -> byType.putIfAbsent(condition.getType(), builder.build());
      }
    }
    return List.copyOf(byType.values());
  }
}
