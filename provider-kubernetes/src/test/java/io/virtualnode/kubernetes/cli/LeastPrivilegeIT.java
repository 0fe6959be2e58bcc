package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.virtualnode.kubernetes.ForwardingNode;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@code vnode check} asks for is what {@code vnode run} needs: no less, and no more. */
@DisplayName("a node with the rights that vnode check asks for and no others")
class LeastPrivilegeIT {

  private static final String USER = "vnode";
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static LocalCluster primary;
  private static LocalCluster member;

  @BeforeAll
  static void start() {
    var clusters =
        LocalCluster.startAll(
            LocalCluster.builder("primary"),
            LocalCluster.builder("site-a").nodes(1, NodeShape.cores(4)));
    primary = clusters.get(0);
    member = clusters.get(1);
    member.createNamespace("atlas");
  }

  @AfterAll
  static void stop() {
    member.close();
    primary.close();
  }

  @Test
  @DisplayName("registers, renews its lease, and takes a pod from its creation to its deletion")
  void works() {
    var settings =
        MemberSettings.named("site-a", ClusterAccess.of(member.kubeconfigFor(USER)))
            .withNamespace("atlas");
    grant(primary, RequiredPermissions.inPrimary());
    grant(member, RequiredPermissions.in(settings));
    var configuration =
        Configuration.of(
            NodeSettings.named("grid"),
            ClusterAccess.of(primary.kubeconfigFor(USER)),
            List.of(settings));
    try (var node = new ForwardingNode(configuration)) {
      node.start();
      node.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
      var renewed = renewTime();
      primary.client().resource(pod()).create();
      awaitPhase("Running");
      awaitPhase("Succeeded");
      primary.client().pods().inNamespace("default").withName("runs").delete();
      await("nothing is left")
          .atMost(LIMIT)
          .until(
              () ->
                  member.client().pods().inNamespace("atlas").list().getItems().isEmpty()
                      && primary
                          .client()
                          .pods()
                          .inNamespace("default")
                          .list()
                          .getItems()
                          .isEmpty());
      await("the lease is renewed").atMost(LIMIT).until(() -> !renewTime().equals(renewed));
    }
  }

  private static String renewTime() {
    return String.valueOf(
        primary
            .client()
            .leases()
            .inNamespace("kube-node-lease")
            .withName("grid")
            .get()
            .getSpec()
            .getRenewTime());
  }

  private static void awaitPhase(String phase) {
    await(phase)
        .atMost(LIMIT)
        .until(
            () ->
                phase.equals(
                    primary
                        .client()
                        .pods()
                        .inNamespace("default")
                        .withName("runs")
                        .get()
                        .getStatus()
                        .getPhase()));
  }

  private static Pod pod() {
    return new PodBuilder()
        .withNewMetadata()
        .withName("runs")
        .withNamespace("default")
        .addToAnnotations(Simulation.RUN_FOR, "2s")
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .addNewToleration()
        .withKey("virtualnode.io/provider")
        .withOperator("Exists")
        .endToleration()
        .addNewContainer()
        .withName("main")
        .withImage("example.org/job:1")
        .endContainer()
        .endSpec()
        .build();
  }

  private static void grant(LocalCluster cluster, List<Permission> permissions) {
    for (int i = 0; i < permissions.size(); i++) {
      var permission = permissions.get(i);
      var name = meta("vnode-" + i, null);
      var rbac = cluster.client().rbac();
      if (permission.scope() instanceof Permission.Scope.Namespace namespace) {
        var inNamespace = meta(name.getName(), namespace.name());
        rbac.roles()
            .resource(
                new RoleBuilder().withMetadata(inNamespace).withRules(rule(permission)).build())
            .create();
        rbac.roleBindings()
            .resource(
                new RoleBindingBuilder()
                    .withMetadata(inNamespace)
                    .withNewRoleRef("rbac.authorization.k8s.io", "Role", name.getName())
                    .addNewSubject("rbac.authorization.k8s.io", "User", USER, null)
                    .build())
            .create();
      } else {
        rbac.clusterRoles()
            .resource(
                new ClusterRoleBuilder().withMetadata(name).withRules(rule(permission)).build())
            .create();
        rbac.clusterRoleBindings()
            .resource(
                new ClusterRoleBindingBuilder()
                    .withMetadata(name)
                    .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", name.getName())
                    .addNewSubject("rbac.authorization.k8s.io", "User", USER, null)
                    .build())
            .create();
      }
    }
    assertThat(permissions).isNotEmpty();
  }

  private static ObjectMeta meta(String name, String namespace) {
    return new ObjectMetaBuilder().withName(name).withNamespace(namespace).build();
  }

  private static PolicyRule rule(Permission permission) {
    var rule =
        new PolicyRuleBuilder()
            .withApiGroups(permission.group())
            .withResources(permission.resource())
            .withVerbs(permission.verb());
    if (permission.scope() instanceof Permission.Scope.Named named) {
      rule.withResourceNames(named.name());
    }
    return rule.build();
  }
}
