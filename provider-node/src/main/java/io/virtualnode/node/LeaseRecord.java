package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import org.jspecify.annotations.Nullable;

/**
 * A Lease as it is stored.
 *
 * @param uid of the object: one that was deleted and made again is another
 * @param version its resourceVersion, on condition of which it is written
 */
record LeaseRecord(String uid, String version, LeaseClaim claim) {

  static LeaseRecord of(Lease lease) {
    return new LeaseRecord(
        lease.getMetadata().getUid(),
        lease.getMetadata().getResourceVersion(),
        LeaseClaim.of(lease.getSpec()));
  }

  /** Whether nobody has claimed anything between the two; labels may have changed. */
  boolean saysTheSameAs(@Nullable LeaseRecord other) {
    return other != null && uid.equals(other.uid) && claim.equals(other.claim);
  }
}
