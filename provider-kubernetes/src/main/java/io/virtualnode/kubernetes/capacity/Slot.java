package io.virtualnode.kubernetes.capacity;

import org.jspecify.annotations.Nullable;

/**
 * The room that one proxy's delegate takes in a member, from placement until the delegate is
 * terminal or gone. While the member's watch has not shown the delegate on a node, it is where
 * placement put it.
 */
final class Slot {

  final String proxyUid;
  final NodeKey reserved;
  final Resources request;
  @Nullable MemberPod delegate;

  Slot(String proxyUid, NodeKey reserved, Resources request) {
    this.proxyUid = proxyUid;
    this.reserved = reserved;
    this.request = request;
  }

  NodeKey location() {
    return delegate == null
        ? reserved
        : delegate.node().map(node -> new NodeKey(reserved.member(), node)).orElse(reserved);
  }

  /** What the delegate really requests, which a webhook of the member may have changed. */
  Resources held() {
    return delegate == null ? request : delegate.request();
  }
}
