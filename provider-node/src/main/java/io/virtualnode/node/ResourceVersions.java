package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Comparator;

/**
 * Compares resource versions: decimal numbers of any length that grow with every change (KEP-5504;
 * promised since Kubernetes 1.35, true since ever).
 */
final class ResourceVersions {

  private static final Comparator<String> ORDER =
      Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

  private ResourceVersions() {}

  /** Whether {@code object} is a later state than {@code than} of the same object. */
  static boolean isNewer(HasMetadata object, HasMetadata than) {
    return ORDER.compare(
            object.getMetadata().getResourceVersion(), than.getMetadata().getResourceVersion())
        > 0;
  }
}
