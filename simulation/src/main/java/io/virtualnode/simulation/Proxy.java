package io.virtualnode.simulation;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.NodeKey;
import org.jspecify.annotations.Nullable;

/** A pod of the primary as it really is. */
final class Proxy {

  final PodKey key;
  final Size request;
  final int priority;
  final long createdAt;
  final long durationMillis;
  @Nullable VirtualNode node; // that it is bound to
  @Nullable NodeKey intent; // as stored in its status
  @Nullable VirtualNode nominated;
  long unschedulableSince = -1;
  long boundAt = Run.NEVER;
  long freedAt = Run.NEVER; // since when the scheduler counts it no longer: terminal or gone
  boolean terminal;
  boolean deleting;
  boolean gone;
  boolean ran; // its status tells so
  int attempts;
  long backoffUntil;
  boolean assumed; // the scheduler counts it
  @Nullable VirtualNode assumedOn;

  Proxy(String uid, Size request, int priority, long createdAt, long durationMillis) {
    this.key = new PodKey("default", uid, uid);
    this.request = request;
    this.priority = priority;
    this.createdAt = createdAt;
    this.durationMillis = durationMillis;
  }

  String uid() {
    return key.uid();
  }

  boolean isCounted() {
    return node != null && !terminal && !gone;
  }
}
