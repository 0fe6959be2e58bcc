package io.virtualnode.kubernetes.cli;

import java.util.List;
import java.util.Optional;

/** What came of probing one cluster. */
sealed interface Finding {

  /**
   * The cluster answered.
   *
   * @param server the URL of its API server
   * @param version the server's {@code gitVersion}
   * @param user whom the cluster takes us for; absent where it cannot say (before 1.28)
   * @param clusterUid the UID of namespace kube-system; absent if it may not be read
   * @param missing the permissions that are not granted
   */
  record Reached(
      String server,
      String version,
      Optional<String> user,
      Optional<String> clusterUid,
      List<Permission> missing)
      implements Finding {

    /** Copies the list. */
    public Reached {
      missing = List.copyOf(missing);
    }
  }

  /**
   * The cluster did not answer, or not as a cluster that knows us does.
   *
   * @param reason what was tried and what happened
   */
  record Unreachable(String reason) implements Finding {}
}
