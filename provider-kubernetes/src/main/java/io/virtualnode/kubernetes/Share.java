package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.Topology;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Virtual nodes that one process runs at a time. The node for the whole has a Lease, and so have
 * the nodes of each member, taken together; who has all Leases of a share runs it. Pure.
 *
 * @param members whose nodes are in it
 * @param whole whether the node for the whole is in it
 */
record Share(NavigableSet<String> members, boolean whole) {

  /** Copies. */
  Share {
    members = Collections.unmodifiableNavigableSet(new TreeSet<>(members));
  }

  /** The nodes of that member. */
  static Share of(String member) {
    return new Share(new TreeSet<>(Set.of(member)), false);
  }

  /**
   * What there is to be shared out. The nodes of members are a share each. As long as there is a
   * node for the whole beside them, configured or from a former topology, all are one share: what
   * one offers depends on the others.
   *
   * @param wholePresent whether the primary has a node for the whole
   * @param present the members of whose nodes the primary has any
   */
  static Set<Share> all(Configuration configuration, boolean wholePresent, Set<String> present) {
    var members = new TreeSet<>(present);
    members.addAll(expected(configuration));
    return wholePresent || configuration.node().topology() == Topology.AGGREGATE
        ? Set.of(new Share(members, true))
        : members.stream().map(Share::of).collect(Collectors.toSet());
  }

  /** The members whose nodes are shared out whether the primary has any of them or not. */
  static List<String> expected(Configuration configuration) {
    return configuration.node().topology() == Topology.AGGREGATE
        ? List.of()
        : configuration.members().stream().map(MemberSettings::name).toList();
  }

  /** Whether the virtual node for that part is in it. */
  boolean includes(Scope part) {
    return part.equals(Scope.WHOLE)
        ? whole
        : NodeIdentity.memberOf(part).filter(members::contains).isPresent();
  }

  /** Whether it has all that the other one has. */
  boolean covers(Share other) {
    return (whole || !other.whole) && members.containsAll(other.members);
  }

  /**
   * The configuration with the members that its nodes are about. Of one that is not configured,
   * that may be any: it may have got another name.
   */
  Configuration narrow(Configuration configuration) {
    return whole || members.stream().anyMatch(name -> configuration.member(name).isEmpty())
        ? configuration
        : configuration.withMembers(
            configuration.members().stream()
                .filter(member -> members.contains(member.name()))
                .toList());
  }

  /**
   * The names of its Leases, in the order in which they are to be got: the same for all, so that no
   * two processes wait for each other.
   */
  List<String> leases(NodeIdentity identity) {
    var leases = new ArrayList<String>();
    if (whole) {
      leases.add(identity.name(Scope.WHOLE));
    }
    members.forEach(member -> leases.add(identity.name(new Scope.OfMember(member))));
    return List.copyOf(leases);
  }

  @Override
  public String toString() {
    return whole ? "all virtual nodes" : "the virtual nodes of " + String.join(", ", members);
  }
}
