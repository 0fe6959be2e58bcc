package io.virtualnode.node;

import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;

/** What a provider is told when something about a pod could not be done in the primary. */
final class PodErrors {

  private PodErrors() {}

  static ProviderException notFound(PodKey key) {
    return new ProviderException(Reason.NOT_FOUND, "pod " + key + " is not in the primary");
  }

  static ProviderException overtaken(PodKey key) {
    return new ProviderException(
        Reason.CONFLICT, "pod " + key + " has come to have another condition of that type");
  }

  static ProviderException notRead(PodKey key, Throwable failure) {
    Throwable cause = PrimaryApi.unwrap(failure);
    return new ProviderException(
        Reason.UNAVAILABLE, "pod " + key + " could not be read: " + cause.getMessage(), cause);
  }

  static ProviderException notStored(PodKey key, Throwable cause) {
    return new ProviderException(
        Reason.UNAVAILABLE,
        "status of pod " + key + " was not stored: " + cause.getMessage(),
        cause);
  }
}
