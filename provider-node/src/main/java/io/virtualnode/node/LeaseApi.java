package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.util.concurrent.CompletionStage;

/**
 * What this package asks of the primary about leases of nodes. Each answers with what is stored.
 * Errors as {@link PrimaryApi}'s.
 */
interface LeaseApi {

  CompletionStage<Lease> createLease(Lease lease);

  /** A JSON merge patch. */
  CompletionStage<Lease> patchLease(String name, Object patch);
}
