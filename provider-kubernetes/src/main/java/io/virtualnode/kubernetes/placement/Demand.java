package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Resources;

/**
 * What one proxy asks for.
 *
 * @param proxyUid which proxy
 * @param request its effective request
 * @param requirements which nodes it may run on
 */
public record Demand(String proxyUid, Resources request, NodeRequirements requirements) {}
