package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a delegate's status reads on its proxy: as it is, less what belongs to the member alone. */
public final class DelegateStatus {

  /** Condition: whether the member's own scheduler has found a node; absent once it has. */
  public static final String SCHEDULED = "virtualnode.io/DelegateScheduled";

  private DelegateStatus() {}

  /**
   * The delegate's own phase, reason, message, times, IPs and containers.
   *
   * <p>Left out: {@code PodScheduled} (on the proxy it is the primary scheduler's; a delegate that
   * the member cannot schedule shows in {@link #SCHEDULED}), generations, nominations and resource
   * claims, which name objects of the member.
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

  /** A proxy that has no delegate, and why. */
  public static PodStatus pending(String reason, String message) {
    return new PodStatusBuilder()
        .withPhase("Pending")
        .withReason(reason)
        .withMessage(message)
        .build();
  }

  /**
   * The end of a proxy whose delegate went away without a terminal status: the last known status,
   * with containers as last seen, and Failed because nobody can say more.
   */
  public static PodStatus lost(@Nullable PodStatus last, String reason, String message) {
    var builder = last == null ? new PodStatusBuilder() : new PodStatusBuilder(last);
    return builder.withPhase("Failed").withReason(reason).withMessage(message).build();
  }

  /** Whether a phase is an end. */
  public static boolean isTerminal(@Nullable String phase) {
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  private static List<PodCondition> conditions(@Nullable List<PodCondition> delegates) {
    var result = new ArrayList<PodCondition>();
    for (var condition : delegates == null ? List.<PodCondition>of() : delegates) {
      if (!condition.getType().equals("PodScheduled")) {
        result.add(new PodConditionBuilder(condition).withObservedGeneration(null).build());
      } else if (!"True".equals(condition.getStatus())) {
        result.add(
            new PodConditionBuilder(condition)
                .withObservedGeneration(null)
                .withType(SCHEDULED)
                .build());
      }
    }
    return result;
  }
}
