package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.MemberPod;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pod in a member: a delegate, or local load. */
final class Run {

  static final long NEVER = Long.MAX_VALUE;

  final String uid;
  final Cluster cluster;
  final @Nullable String proxyUid;
  final Recent<Size> request;
  final @Nullable String wanted; // the node that its affinity names
  final boolean required;
  final long durationMillis;
  @Nullable Machine machine;
  long boundAt = NEVER;
  long endedAt = NEVER;
  boolean deleting;

  Run(
      String uid,
      Cluster cluster,
      @Nullable String proxyUid,
      Size request,
      @Nullable String wanted,
      boolean required,
      long durationMillis) {
    this.uid = uid;
    this.cluster = cluster;
    this.proxyUid = proxyUid;
    this.request = new Recent<>(request);
    this.wanted = wanted;
    this.required = required;
    this.durationMillis = durationMillis;
  }

  boolean isLive() {
    return endedAt == NEVER;
  }

  /** What a watch shows of it. */
  Sighting sighting() {
    var on = machine;
    return new Sighting(
        uid,
        proxyUid,
        !isLive(),
        new MemberPod(
            uid,
            on == null ? Optional.empty() : Optional.of(on.key.node()),
            request.get().toResources(),
            Optional.ofNullable(proxyUid),
            false));
  }

  /**
   * What a watch shows of a member's pod.
   *
   * @param over whether it is terminal
   */
  record Sighting(String uid, @Nullable String proxyUid, boolean over, MemberPod facts) {}
}
