package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which member stands for which cluster. No cluster has two names at once: its room would be
 * counted twice, and one would take the other's delegates for late ones. But members of which none
 * sees nodes may be different namespaces of one cluster.
 *
 * <p>Thread-safe; takes no lock but its own.
 */
final class Clusters {

  private final Members members;
  private final Map<String, Claim> claims = new HashMap<>(); // guarded by this

  private record Claim(Member member, ClusterIdentity identity) {}

  /**
   * What comes of a member's claim to a cluster.
   *
   * @param objection why it is not granted
   * @param predecessor the name under which the cluster was known, if that is no longer configured
   */
  record Verdict(Optional<String> objection, Optional<String> predecessor) {}

  Clusters(Members members) {
    this.members = members;
  }

  /** The member has reached that cluster. May be claimed again, after an objection or none. */
  synchronized Verdict claim(Member member, ClusterIdentity identity) {
    // The claims of members that were connected anew, or are no more, are void.
    claims.values().removeIf(claim -> !isThere(claim.member));
    Optional<String> predecessor = Optional.empty();
    for (var other : claims.values()) {
      if (other.member.name().equals(member.name()) || !overlap(member, identity, other)) {
        continue;
      }
      if (!members.isRetired(other.member.name())) {
        return new Verdict(
            Optional.of(
                "member %s reaches the same cluster as member %s (%s): one cluster cannot be two members, its room would be counted twice"
                    .formatted(member.name(), other.member.name(), identity.uid())),
            Optional.empty());
      }
      if (!sees(member) && sees(other.member)) {
        return new Verdict(
            Optional.of(
                "member %s reaches the cluster that was member %s (%s), but does not see all of its delegates: it is used when they are gone"
                    .formatted(member.name(), other.member.name(), identity.uid())),
            Optional.empty());
      }
      predecessor = Optional.of(other.member.name());
    }
    claims.put(member.name(), new Claim(member, identity));
    return new Verdict(Optional.empty(), predecessor);
  }

  private boolean isThere(Member member) {
    return members.find(member.name()).filter(found -> found == member).isPresent();
  }

  private static boolean overlap(Member member, ClusterIdentity identity, Claim other) {
    boolean same =
        identity.is(other.identity.uid())
            || other.identity.other().filter(identity::is).isPresent();
    return same
        && (sees(member)
            || sees(other.member)
            || member.settings().namespace().equals(other.member.settings().namespace()));
  }

  private static boolean sees(Member member) {
    return member.settings().capacity().seesNodes();
  }
}
