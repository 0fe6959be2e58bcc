package io.virtualnode.api;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;

/**
 * What a provider says of its node, complete each time.
 *
 * <p>{@code allocatable} is what the primary's scheduler may fill: it subtracts the requests of
 * every pod bound to the node and not terminal itself. A node that has nothing free is healthy all
 * the same, so {@code ready} does not depend on it.
 *
 * @param capacity {@code status.capacity}: resource name to amount ({@code cpu} in cores, {@code
 *     memory} and {@code ephemeral-storage} in bytes, {@code pods} a count, others as they are)
 * @param allocatable {@code status.allocatable}, the same names and units
 * @param ready whether pods that run here can be taken care of; {@code false} makes the primary
 *     evict them after their tolerations end
 * @param message why the node is not ready, or any remark; shown in the Ready condition
 * @param conditions further conditions of the provider's own, with qualified type names; of two
 *     with one type the later counts, and none of type {@code Ready}, which follows from {@code
 *     ready}
 */
public record NodeReport(
    Map<String, Quantity> capacity,
    Map<String, Quantity> allocatable,
    boolean ready,
    String message,
    List<NodeCondition> conditions) {

  /** Copies the collections. */
  public NodeReport {
    capacity = Map.copyOf(capacity);
    allocatable = Map.copyOf(allocatable);
    requireNonNull(message, "message is null");
    conditions = List.copyOf(conditions);
  }

  /** A ready node with the same capacity and allocatable. */
  public static NodeReport ready(Map<String, Quantity> allocatable) {
    return new NodeReport(allocatable, allocatable, true, "", List.of());
  }
}
