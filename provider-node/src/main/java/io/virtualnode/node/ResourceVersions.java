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
    return isNewer(
        object.getMetadata().getResourceVersion(), than.getMetadata().getResourceVersion());
  }

  /** Whether one version is later than another, be it of another object of the same resource. */
  static boolean isNewer(String version, String than) {
    return ORDER.compare(version, than) > 0;
  }
}
