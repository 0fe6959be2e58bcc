package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One Lease in memory, with the versions and refusals of an API server. */
final class FakeLease {

  private @Nullable LeaseRecord stored;
  private long version = 100;

  int reads;
  int writes;

  Optional<LeaseRecord> read() {
    reads++;
    return Optional.ofNullable(stored);
  }

  LeaseRecord create(LeaseClaim claim) {
    writes++;
    if (stored != null) {
      throw refusal(PrimaryApi.CONFLICT);
    }
    return store("u" + version, claim);
  }

  LeaseRecord replace(String expected, LeaseClaim claim) {
    writes++;
    LeaseRecord before = stored;
    if (before == null) {
      throw refusal(PrimaryApi.NOT_FOUND);
    }
    if (!before.version().equals(expected)) {
      throw refusal(PrimaryApi.CONFLICT);
    }
    return store(before.uid(), claim);
  }

  /** As somebody would who cares for no version. */
  LeaseRecord force(LeaseClaim claim) {
    return store(stored == null ? "u" + version : stored.uid(), claim);
  }

  void delete() {
    stored = null;
  }

  /** Somebody changes a label. */
  void touch() {
    if (stored != null) {
      store(stored.uid(), stored.claim());
    }
  }

  LeaseClaim claim() {
    return requireNonNull(stored, "there is no lease").claim();
  }

  String holder() {
    return claim().holder();
  }

  static KubernetesClientException refusal(int code) {
    return new KubernetesClientException("refused: " + code, code, null);
  }

  private LeaseRecord store(String uid, LeaseClaim claim) {
    LeaseRecord record = new LeaseRecord(uid, String.valueOf(++version), claim);
    stored = record;
    return record;
  }
}
