package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;
import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Everything an operator decides about one virtual node over its member clusters.
 *
 * @param node what the primary shows
 * @param primary how the primary is reached
 * @param maxAge how old the data of a member may be before it offers nothing new
 * @param placement how bound pods are given to the members' nodes
 * @param faults what becomes of pods when something is lost
 * @param replicas how several processes share the virtual nodes out; absent if there is one process
 * @param members the clusters that run the work, by distinct names; none is legal and offers
 *     nothing
 */
public record Configuration(
    NodeSettings node,
    ClusterAccess primary,
    Duration maxAge,
    PlacementSettings placement,
    FaultSettings faults,
    Optional<ReplicaSettings> replicas,
    List<MemberSettings> members) {

  /** The age of data that is promised where the file does not say. */
  public static final Duration DEFAULT_MAX_AGE = Duration.ofSeconds(1);

  /** The shortest age that can be promised: members are asked four times in it. */
  public static final Duration SHORTEST_MAX_AGE = Duration.ofMillis(100);

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if the age is too short or two members share a name
   */
  public Configuration {
    requireNonNull(node, "node is null");
    requireNonNull(primary, "primary is null");
    requireNonNull(maxAge, "maxAge is null");
    requireNonNull(placement, "placement is null");
    requireNonNull(faults, "faults is null");
    requireNonNull(replicas, "replicas is null");
    check("maxAge", ageFault(maxAge));
    members = List.copyOf(members);
    var names = new HashSet<String>();
    for (var member : members) {
      if (!names.add(member.name())) {
        throw new IllegalArgumentException("two members are named " + member.name());
      }
    }
  }

  /** Those members with everything else as by default. */
  public static Configuration of(
      NodeSettings node, ClusterAccess primary, List<MemberSettings> members) {
    return new Configuration(
        node,
        primary,
        DEFAULT_MAX_AGE,
        PlacementSettings.DEFAULT,
        FaultSettings.DEFAULT,
        Optional.empty(),
        members);
  }

  /** The same with other virtual nodes. */
  public Configuration withNode(NodeSettings value) {
    return new Configuration(value, primary, maxAge, placement, faults, replicas, members);
  }

  /** The same with another age of data. */
  public Configuration withMaxAge(Duration value) {
    return new Configuration(node, primary, value, placement, faults, replicas, members);
  }

  /** The same with another way to place pods. */
  public Configuration withPlacement(PlacementSettings value) {
    return new Configuration(node, primary, maxAge, value, faults, replicas, members);
  }

  /** The same with something else for what is lost. */
  public Configuration withFaults(FaultSettings value) {
    return new Configuration(node, primary, maxAge, placement, value, replicas, members);
  }

  /** The same with several processes that share the virtual nodes out, or with one. */
  public Configuration withReplicas(Optional<ReplicaSettings> value) {
    return new Configuration(node, primary, maxAge, placement, faults, value, members);
  }

  /** The same with other members. */
  public Configuration withMembers(List<MemberSettings> value) {
    return new Configuration(node, primary, maxAge, placement, faults, replicas, value);
  }

  /** The member of that name. */
  public Optional<MemberSettings> member(String name) {
    return members.stream().filter(member -> member.name().equals(name)).findFirst();
  }

  static Optional<String> ageFault(Duration age) {
    return age.compareTo(SHORTEST_MAX_AGE) < 0
        ? Optional.of("is shorter than " + SHORTEST_MAX_AGE.toMillis() + "ms")
        : Optional.empty();
  }
}
