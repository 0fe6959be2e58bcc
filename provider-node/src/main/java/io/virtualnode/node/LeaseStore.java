package io.virtualnode.node;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One Lease of the primary. Every request is made once and comes to an end in time; its stage
 * completes on the election's thread, and fails as {@link PrimaryApi}'s do.
 */
interface LeaseStore {

  /** Reads it, past every cache. */
  CompletionStage<Optional<LeaseRecord>> read();

  /** Fails with {@link PrimaryApi#CONFLICT} if there is one. */
  CompletionStage<LeaseRecord> create(LeaseClaim claim);

  /** Fails with {@link PrimaryApi#CONFLICT} if it is of another version. */
  CompletionStage<LeaseRecord> replace(String version, LeaseClaim claim);

  /** Asks nothing any more. */
  void close();
}
