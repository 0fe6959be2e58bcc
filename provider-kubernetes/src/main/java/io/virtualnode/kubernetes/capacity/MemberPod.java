package io.virtualnode.kubernetes.capacity;

import java.util.Optional;

/**
 * What matters of a pod in a member that is not terminal.
 *
 * @param uid the pod's UID in the member
 * @param node the node it is bound to, if it is
 * @param request its effective request
 * @param proxyUid the UID of the proxy whose delegate it is, if it is one of this virtual node
 * @param underQuota whether it lives in the member's fixed namespace, whose quota it uses up
 */
public record MemberPod(
    String uid,
    Optional<String> node,
    Resources request,
    Optional<String> proxyUid,
    boolean underQuota) {}
