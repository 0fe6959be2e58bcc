package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;

import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/** Where a member's room is known from. */
public sealed interface CapacitySource {

  /**
   * From its nodes and all the pods on them: exact, also about shapes. Needs the right to list and
   * watch nodes and the pods of all namespaces.
   */
  record Nodes() implements CapacitySource {}

  /**
   * From the ResourceQuotas of the member's fixed namespace: what they allow less what the
   * namespace's pods use. Needs no right outside of the namespace. Sees no nodes, so it promises
   * nothing about shapes: a pod that fits the sum may wait in the member.
   */
  record Quota() implements CapacitySource {}

  /**
   * From the configuration: that much, less what the pods of the member's fixed namespace use. As
   * {@link Quota}, it sees no nodes.
   *
   * @param amounts by resource name, in the units of a Node's allocatable
   */
  record Static(Map<String, Quantity> amounts) implements CapacitySource {

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if an amount is negative or a name is none of a resource
     */
    public Static {
      amounts = Map.copyOf(amounts);
      amounts.forEach(
          (resource, amount) -> {
            check("amounts", Syntax.labelKey(resource));
            check("amounts", Syntax.amount(amount));
          });
    }
  }

  /** See {@link Nodes}. */
  CapacitySource NODES = new Nodes();

  /** See {@link Quota}. */
  CapacitySource QUOTA = new Quota();

  /** Whether the member's nodes are known one by one. */
  default boolean seesNodes() {
    return this instanceof Nodes;
  }
}
