package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;

/**
 * What one proxy asks for.
 *
 * @param proxyUid which proxy
 * @param request its effective request
 * @param requirements which nodes it may run on
 * @param scope what the virtual node that it is bound to stands for
 */
public record Demand(
    String proxyUid, Resources request, NodeRequirements requirements, Scope scope) {

  /** A demand on the one virtual node of the whole. */
  public Demand(String proxyUid, Resources request, NodeRequirements requirements) {
    this(proxyUid, request, requirements, Scope.WHOLE);
  }

  /** The same demand on another part of the members. */
  public Demand within(Scope other) {
    return new Demand(proxyUid, request, requirements, other);
  }
}
