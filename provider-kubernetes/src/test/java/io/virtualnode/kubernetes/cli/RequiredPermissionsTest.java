package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.ReplicaSettings;
import io.virtualnode.kubernetes.config.Topology;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RequiredPermissionsTest {

  private static final Configuration CONFIGURATION =
      Configuration.of(NodeSettings.named("grid"), ClusterAccess.standard(), List.of());

  @Test
  void the_primary_has_to_allow_a_node_its_pods_its_lease_and_events() {
    assertThat(RequiredPermissions.inPrimary(CONFIGURATION))
        .extracting(Permission::toString)
        .containsExactly(
            "get nodes",
            "list nodes",
            "watch nodes",
            "create nodes",
            "patch nodes",
            "patch nodes/status",
            "get pods in all namespaces",
            "list pods in all namespaces",
            "watch pods in all namespaces",
            "delete pods in all namespaces",
            "patch pods/status in all namespaces",
            "create leases.coordination.k8s.io in namespace kube-node-lease",
            "patch leases.coordination.k8s.io in namespace kube-node-lease",
            "create events in all namespaces",
            "get namespaces kube-system");
  }

  @Test
  void virtual_nodes_that_come_and_go_have_to_be_deleted_too() {
    assertThat(
            RequiredPermissions.inPrimary(
                CONFIGURATION.withNode(NodeSettings.named("grid").withTopology(Topology.PER_NODE))))
        .extracting(Permission::toString)
        .contains("delete nodes");
  }

  @Test
  void replicas_have_to_be_allowed_leases_in_their_namespace() {
    var alone = RequiredPermissions.inPrimary(CONFIGURATION);
    var shared =
        RequiredPermissions.inPrimary(
            CONFIGURATION.withReplicas(Optional.of(ReplicaSettings.in("vnode"))));
    assertThat(shared).containsAll(alone);
    assertThat(shared)
        .filteredOn(permission -> !alone.contains(permission))
        .extracting(Permission::toString)
        .containsExactly(
            "get leases.coordination.k8s.io in namespace vnode",
            "list leases.coordination.k8s.io in namespace vnode",
            "create leases.coordination.k8s.io in namespace vnode",
            "patch leases.coordination.k8s.io in namespace vnode",
            "delete leases.coordination.k8s.io in namespace vnode");
  }

  @Test
  void a_member_with_a_namespace_has_to_allow_delegates_in_it_only() {
    assertThat(RequiredPermissions.in(member(Optional.of("atlas"))))
        .extracting(Permission::toString)
        .containsExactly(
            "list nodes",
            "watch nodes",
            "list pods in all namespaces",
            "watch pods in all namespaces",
            "get namespaces kube-system",
            "get namespaces in namespace atlas",
            "get pods in namespace atlas",
            "create pods in namespace atlas",
            "patch pods in namespace atlas",
            "delete pods in namespace atlas",
            "list resourcequotas in namespace atlas",
            "watch resourcequotas in namespace atlas");
  }

  @Test
  void a_member_whose_nodes_are_not_seen_has_to_allow_nothing_outside_of_its_namespace() {
    var member = member(Optional.of("atlas"));
    assertThat(RequiredPermissions.in(member.withCapacity(new CapacitySource.Quota(Map.of()))))
        .extracting(Permission::toString)
        .containsExactly(
            "list pods in namespace atlas",
            "watch pods in namespace atlas",
            "get namespaces in namespace atlas",
            "get pods in namespace atlas",
            "create pods in namespace atlas",
            "patch pods in namespace atlas",
            "delete pods in namespace atlas",
            "list resourcequotas in namespace atlas",
            "watch resourcequotas in namespace atlas");
    assertThat(RequiredPermissions.in(member.withCapacity(new CapacitySource.Static(Map.of()))))
        .extracting(Permission::toString)
        .noneMatch(text -> text.contains("resourcequotas"))
        .allMatch(text -> text.endsWith("in namespace atlas"));
  }

  @Test
  void a_member_without_a_namespace_has_to_allow_delegates_everywhere() {
    assertThat(RequiredPermissions.in(member(Optional.empty())))
        .extracting(Permission::toString)
        .contains("create pods in all namespaces", "delete pods in all namespaces")
        .noneMatch(text -> text.contains("in namespace"));
  }

  private static MemberSettings member(Optional<String> namespace) {
    var settings = MemberSettings.named("site-a", ClusterAccess.standard());
    return namespace.map(settings::withNamespace).orElse(settings);
  }
}
