package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of one proxy and its delegate. Whoever reads or writes it holds its
 * monitor.
 */
final class Forwarding {

  /** Where a delegate is. */
  record Delegate(String member, String namespace, String name, String uid) {}

  final PodKey proxy;

  /** Whether the primary has the proxy. */
  boolean inPrimary;

  /** Whether the proxy is being deleted. */
  boolean deleting;

  /** Whether the node asks for the delegate's deletion, and does so again until it has gone. */
  boolean removing;

  /** Whether the primary has, or had, a status that only a delegate can have given. */
  boolean delegateWasSeen;

  /** What is stored on the proxy. */
  @Nullable Intent intent;

  /** Whether this process has asked for the delegate's creation and was not refused. */
  boolean created;

  /** The delegate as the member's watch shows it. */
  @Nullable Delegate delegate;

  /** The delegate's newest status. */
  @Nullable PodStatus status;

  /** Whether the delegate has had anything to tell yet, so that its status is worth a write. */
  boolean telling;

  /** Whether nothing of it is left in any member, and nothing will come. */
  boolean gone;

  Forwarding(PodKey proxy) {
    this.proxy = proxy;
  }

  boolean isOver() {
    return status != null && DelegateStatus.isTerminal(status.getPhase());
  }

  /** The delegate has gone, or is known to have existed and cannot be found. */
  boolean isLost() {
    return delegateWasSeen && delegate == null;
  }
}
