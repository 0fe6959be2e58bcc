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
   *
   * @param amounts by resource name, how much there is of what no quota limits, in the units of a
   *     Node's allocatable; what neither names is not offered
   */
  record Quota(Map<String, Quantity> amounts) implements CapacitySource {

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if an amount is negative or a name is none of a resource
     */
    public Quota {
      amounts = checked(amounts);
    }
  }

  /**
   * From the configuration: that much, less what the pods of the member's fixed namespace use. As
   * {@link Quota}, it needs no right outside of the namespace and sees no nodes.
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
      amounts = checked(amounts);
    }
  }

  /** Whether the member's nodes are known one by one. */
  default boolean seesNodes() {
    return this instanceof Nodes;
  }

  private static Map<String, Quantity> checked(Map<String, Quantity> amounts) {
    amounts.forEach(
        (resource, amount) -> {
          check("amounts", Syntax.labelKey(resource));
          check("amounts", Syntax.amount(amount));
        });
    return Map.copyOf(amounts);
  }
}
