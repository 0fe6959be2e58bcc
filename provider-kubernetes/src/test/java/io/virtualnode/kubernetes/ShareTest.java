package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShareTest {

  private static final NodeIdentity GRID = new NodeIdentity("grid");

  @Test
  void an_aggregate_is_one_share_with_the_node_for_the_whole() {
    assertThat(Share.all(over(Topology.AGGREGATE, "a", "b"), false, Set.of()))
        .containsExactly(share(true));
  }

  @Test
  void nodes_of_a_former_topology_are_in_the_share_of_the_aggregate() {
    assertThat(Share.all(over(Topology.AGGREGATE, "a", "b"), true, Set.of("b", "gone")))
        .containsExactly(share(true, "b", "gone"));
  }

  @ParameterizedTest
  @EnumSource(value = Topology.class, names = "AGGREGATE", mode = EnumSource.Mode.EXCLUDE)
  void each_member_is_a_share_and_one_that_is_no_longer_configured_too(Topology topology) {
    assertThat(Share.all(over(topology, "a", "b"), false, Set.of("gone")))
        .containsExactlyInAnyOrder(share(false, "a"), share(false, "b"), share(false, "gone"));
  }

  @ParameterizedTest
  @EnumSource(value = Topology.class, names = "AGGREGATE", mode = EnumSource.Mode.EXCLUDE)
  void all_are_one_share_as_long_as_there_is_a_former_aggregate(Topology topology) {
    assertThat(Share.all(over(topology, "a", "b"), true, Set.of()))
        .containsExactly(share(true, "a", "b"));
  }

  @Test
  void who_runs_an_aggregate_and_who_runs_a_part_of_it_need_a_lease_in_common() {
    var topologies = List.of(Topology.AGGREGATE, Topology.PER_MEMBER, Topology.PER_NODE);
    for (var before : topologies) {
      for (var after : topologies) {
        // The nodes of the one are there when the other one begins.
        var first = Share.all(over(before, "a", "b"), false, Set.of());
        boolean whole = before == Topology.AGGREGATE;
        var second = Share.all(over(after, "a", "b"), whole, whole ? Set.of() : Set.of("a", "b"));
        for (var part : second) {
          var leases = new TreeSet<>(part.leases(GRID));
          assertThat(first)
              .as("%s, then %s", before, after)
              .anySatisfy(other -> assertThat(leases).containsAnyElementsOf(other.leases(GRID)));
        }
      }
    }
  }

  @Test
  void a_share_has_the_nodes_of_its_members_and_no_others() {
    var a = Share.of("a");
    assertThat(parts().filter(a::includes))
        .containsExactly(new Scope.OfMember("a"), new Scope.OfNode(new NodeKey("a", "n1")));
    assertThat(parts().filter(share(true)::includes)).containsExactly(Scope.WHOLE);
    assertThat(parts().filter(share(true, "b")::includes))
        .containsExactly(Scope.WHOLE, new Scope.OfMember("b"));
  }

  @Test
  void its_leases_are_named_as_its_nodes_the_one_for_the_whole_first() {
    assertThat(share(true, "b", "a").leases(GRID)).containsExactly("grid", "grid.a", "grid.b");
    assertThat(Share.of("a").leases(GRID)).containsExactly("grid.a");
  }

  @Test
  void the_nodes_of_a_member_need_that_member_only_and_the_whole_needs_all() {
    var configuration = over(Topology.PER_MEMBER, "a", "b");
    assertThat(Share.of("a").narrow(configuration).members())
        .extracting(MemberSettings::name)
        .containsExactly("a");
    assertThat(Share.of("gone").narrow(configuration)).isEqualTo(configuration);
    assertThat(share(true).narrow(configuration)).isEqualTo(configuration);
  }

  @Test
  void a_share_covers_what_has_no_more_than_it() {
    assertThat(share(true, "a", "b").covers(share(true, "a"))).isTrue();
    assertThat(share(true, "a", "b").covers(share(false, "a"))).isTrue();
    assertThat(share(true, "a").covers(share(true, "a", "b"))).isFalse();
    assertThat(share(false, "a").covers(share(true, "a"))).isFalse();
  }

  private static Stream<Scope> parts() {
    return Stream.of(
        Scope.WHOLE,
        new Scope.OfMember("a"),
        new Scope.OfMember("b"),
        new Scope.OfNode(new NodeKey("a", "n1")));
  }

  private static Share share(boolean whole, String... members) {
    return new Share(new TreeSet<>(List.of(members)), whole);
  }

  private static Configuration over(Topology topology, String... members) {
    return Configuration.of(
        NodeSettings.named("grid").withTopology(topology),
        ClusterAccess.standard(),
        Stream.of(members)
            .map(name -> MemberSettings.named(name, ClusterAccess.standard()))
            .toList());
  }
}
