package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.capacity.Given.key;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.virtualnode.kubernetes.MemberNodes.Marks;
import io.virtualnode.kubernetes.TopologyPlan.Look;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.InheritedLabels;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TopologyPlanTest {

  private static final MemberSettings A = member("a");
  private static final MemberSettings B = member("b");
  private static final Taint OWN = taint("own", "NoSchedule");

  private final Map<NodeKey, Marks> nodes = new HashMap<>();
  private NodeSettings settings = NodeSettings.named("grid").withTaints(List.of(OWN));

  @Test
  @DisplayName("aggregate_is_one_node_with_what_all_have_in_common")
  void aggregate() {
    node("a/n1", Map.of("zone", "z1", "disk", "ssd", "kubernetes.io/hostname", "n1"));
    node("b/n1", Map.of("zone", "z1", "disk", "hdd", "kubernetes.io/hostname", "n1"));
    assertThat(plan().keySet()).containsExactly(Scope.WHOLE);
    assertThat(look(Scope.WHOLE).labels())
        .isEqualTo(Map.of("zone", "z1", NodeIdentity.FAMILY, "grid"));
    assertThat(look(Scope.WHOLE).taints()).containsExactly(OWN);
  }

  @Test
  @DisplayName("excluded_label_is_left_out_and_of_a_union_the_value_that_most_have_is_carried")
  void rule() {
    node("a/n1", Map.of("zone", "z1", "rack", "r1"));
    node("a/n2", Map.of("zone", "z1", "rack", "r2", "gpu", "yes"));
    node("b/n1", Map.of("zone", "z1", "rack", "r2"));
    settings =
        settings.withInheritedLabels(new InheritedLabels(Set.of("zone"), Set.of("rack", "gpu")));
    assertThat(look(Scope.WHOLE).labels())
        .isEqualTo(Map.of("rack", "r2", "gpu", "yes", NodeIdentity.FAMILY, "grid"));
  }

  @Test
  @DisplayName("own_label_wins_over_an_inherited_one_and_marks_of_ours_are_never_inherited")
  void own() {
    node("a/n1", Map.of("zone", "z1", "type", "metal", "virtualnode.io/family", "theirs"));
    settings = settings.withLabels(Map.of("zone", "grid"));
    assertThat(look(Scope.WHOLE).labels())
        .isEqualTo(Map.of("zone", "grid", NodeIdentity.FAMILY, "grid"));
  }

  @Test
  @DisplayName("per_member_there_is_a_node_for_each_even_before_its_nodes_are_known")
  void perMember() {
    settings = settings.withTopology(Topology.PER_MEMBER);
    node("a/n1", Map.of("zone", "z1"));
    assertThat(plan().keySet())
        .containsExactlyInAnyOrder(new Scope.OfMember("a"), new Scope.OfMember("b"));
    assertThat(look(new Scope.OfMember("a")).labels())
        .isEqualTo(Map.of("zone", "z1", NodeIdentity.FAMILY, "grid", NodeIdentity.MEMBER, "a"));
    assertThat(plan().get(new Scope.OfMember("b"))).isEmpty();
  }

  @Test
  @DisplayName("per_node_there_is_a_node_for_each_admitted_one_of_a_configured_member")
  void perNode() {
    settings = settings.withTopology(Topology.PER_NODE);
    node("a/n1", Map.of("zone", "z1"));
    nodes.put(key("a/n2"), new Marks(false, Map.of(), List.of()));
    node("gone/n1", Map.of());
    assertThat(plan().keySet()).containsExactly(new Scope.OfNode(key("a/n1")));
    assertThat(look(new Scope.OfNode(key("a/n1"))).labels()).containsEntry("zone", "z1");
  }

  @Test
  @DisplayName("per_node_a_member_whose_nodes_are_not_seen_has_one_node_for_all")
  void unseen() {
    settings = settings.withTopology(Topology.PER_NODE);
    var fixed =
        B.withNamespace("grid")
            .withCapacity(new CapacitySource.Static(Map.of("cpu", new Quantity("4"))));
    var plan = TopologyPlan.of(settings, List.of(fixed), nodes);
    assertThat(plan).containsOnly(Map.entry(new Scope.OfMember("b"), Optional.empty()));
    node("b/*", Map.of("pool", "batch"));
    plan = TopologyPlan.of(settings, List.of(fixed), nodes);
    assertThat(plan.keySet()).containsExactly(new Scope.OfMember("b"));
    assertThat(requireNonNull(plan.get(new Scope.OfMember("b"))).orElseThrow().labels())
        .containsEntry("pool", "batch");
  }

  @Test
  @DisplayName("per_node_taints_are_carried_but_passing_ones_and_those_that_the_member_covers")
  void taints() {
    settings = settings.withTopology(Topology.PER_NODE);
    var tolerating =
        A.withTolerations(List.of(new Toleration(null, "covered", "Exists", null, null)));
    var gpu = new Taint("NoExecute", "gpu", "2026-01-01T00:00:00Z", "yes");
    nodes.put(
        key("a/n1"),
        new Marks(
            true,
            Map.of(),
            List.of(
                gpu,
                taint("covered", "NoSchedule"),
                taint("slow", "PreferNoSchedule"),
                taint("own", "NoSchedule"),
                taint("node.kubernetes.io/not-ready", "NoExecute"))));
    var look =
        requireNonNull(
            TopologyPlan.of(settings, List.of(tolerating), nodes)
                .get(new Scope.OfNode(key("a/n1"))));
    assertThat(look.orElseThrow().taints())
        .containsExactly(
            OWN, new Taint("NoExecute", "gpu", null, "yes"), taint("slow", "PreferNoSchedule"));
    settings = settings.withTopology(Topology.PER_MEMBER);
    assertThat(look(new Scope.OfMember("a")).taints()).containsExactly(OWN);
  }

  private void node(String key, Map<String, String> labels) {
    nodes.put(key(key), new Marks(true, labels, List.of()));
  }

  private Map<Scope, Optional<Look>> plan() {
    return TopologyPlan.of(settings, List.of(A, B), nodes);
  }

  private Look look(Scope scope) {
    return requireNonNull(plan().get(scope)).orElseThrow();
  }

  private static Taint taint(String key, String effect) {
    return new Taint(effect, key, null, null);
  }

  private static MemberSettings member(String name) {
    return MemberSettings.named(name, ClusterAccess.of(Path.of("/" + name)));
  }
}
