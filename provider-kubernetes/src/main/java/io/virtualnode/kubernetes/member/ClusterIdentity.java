package io.virtualnode.kubernetes.member;

import java.util.Optional;

/**
 * What a member's cluster is known by: the UID of a namespace that lives as long as the cluster, or
 * where that may not be seen, as long as our part of it. What was stored under the other one is
 * still of the same cluster.
 *
 * @param uid what it is called by from now on
 * @param other the other one, if there are two and both may be seen
 */
public record ClusterIdentity(String uid, Optional<String> other) {

  /** Whether that is the same cluster. */
  public boolean is(String otherUid) {
    return uid.equals(otherUid) || other.filter(otherUid::equals).isPresent();
  }
}
