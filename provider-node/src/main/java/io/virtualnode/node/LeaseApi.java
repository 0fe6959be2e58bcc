package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.util.concurrent.CompletionStage;

/** What this package asks of the primary about leases of nodes. Errors as {@link PrimaryApi}'s. */
interface LeaseApi {

  CompletionStage<Void> createLease(Lease lease);

  /** A JSON merge patch. */
  CompletionStage<Void> patchLease(String name, Object patch);
}
