package io.virtualnode.node;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The Lease in the primary itself.
 *
 * <p>It is changed by a merge patch that names the resourceVersion it is meant for, so that fields
 * of others stay and the rights needed are get, create and patch.
 */
final class PrimaryLease implements LeaseStore {

  private final LeaseRequests leases;
  private final String name;

  /**
   * That Lease.
   *
   * @param client of its own, with a time-out, which is closed with this
   */
  PrimaryLease(
      KubernetesClient client, String namespace, String name, Executor executor, Timer timer) {
    this.leases = new LeaseRequests(client, namespace, executor, timer);
    this.name = name;
  }

  @Override
  public CompletionStage<Optional<LeaseRecord>> read() {
    return PrimaryApi.optional(leases.get(name)).thenApply(lease -> lease.map(LeaseRecord::of));
  }

  @Override
  public CompletionStage<LeaseRecord> create(LeaseClaim claim) {
    return leases.create(name, Map.of(), claim.spec()).thenApply(LeaseRecord::of);
  }

  @Override
  public CompletionStage<LeaseRecord> replace(String version, LeaseClaim claim) {
    return leases
        .patch(name, Map.of("resourceVersion", version), claim.spec())
        .thenApply(LeaseRecord::of);
  }

  @Override
  public void close() {
    leases.close();
  }
}
