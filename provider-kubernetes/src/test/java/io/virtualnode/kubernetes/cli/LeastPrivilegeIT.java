package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.virtualnode.kubernetes.ForwardingNode;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@code vnode check} asks for is what {@code vnode run} needs: no less, and no more. */
@DisplayName("a node with the rights that vnode check asks for and no others")
class LeastPrivilegeIT {

  private static final Configuration ALONE =
      Configuration.of(NodeSettings.named("grid"), ClusterAccess.standard(), List.of());

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
    grant(primary, USER, RequiredPermissions.inPrimary(ALONE));
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
    grant(member, USER, RequiredPermissions.in(settings));
    try (var node = start("grid", settings)) {
      var renewed = renewTime();
      primary.client().resource(pod("runs", "grid")).create();
      awaitPhase("runs", "Running");
      awaitPhase("runs", "Succeeded");
      delete("runs");
      assertThat(node.drift()).isZero();
      await("the lease is renewed").atMost(LIMIT).until(() -> !renewTime().equals(renewed));
    }
  }

  @Test
  @DisplayName("offers what a quota leaves, with rights in the one namespace and nowhere else")
  void quota() {
    var tenant = "tenant";
    member.createNamespace(tenant);
    var settings =
        MemberSettings.named("site-q", ClusterAccess.of(member.kubeconfigFor(tenant)))
            .withNamespace(tenant)
            .withCapacity(
                new CapacitySource.Quota(Map.of("ephemeral-storage", new Quantity("1Ti"))));
    var rights = RequiredPermissions.in(settings);
    assertThat(rights).allSatisfy(right -> assertThat(right.toString()).endsWith(" " + tenant));
    grant(member, tenant, rights);
    member
        .client()
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("tenant")
                .withNamespace(tenant)
                .endMetadata()
                .withNewSpec()
                .withHard(
                    Map.of(
                        "requests.cpu", new Quantity("3"),
                        "requests.memory", new Quantity("8Gi"),
                        "count/pods", new Quantity("4")))
                .endSpec()
                .build())
        .create();
    var local = pod("local");
    local.getMetadata().setNamespace(tenant);
    local.getMetadata().setAnnotations(Map.of());
    member.client().resource(local).create();
    try (var node = start("grid-q", settings)) {
      awaitAllocatable(
          "grid-q", Map.of("cpu", "2", "pods", "3", "ephemeral-storage", "1099511627776"));
      for (var name : List.of("one", "two", "three")) {
        primary.client().resource(pod(name, "grid-q")).create();
      }
      await("two run and one is not bound")
          .atMost(LIMIT)
          .until(() -> phases().equals(List.of("Pending", "Running", "Running")));
      for (var delegate : member.client().pods().inNamespace(tenant).list().getItems()) {
        assertThat(delegate.getSpec().getAffinity()).as("no node is preferred").isNull();
      }
      awaitPhase("one", "Succeeded");
      awaitPhase("two", "Succeeded");
      awaitPhase("three", "Succeeded");
      // The three that have ended still count as pods, of which there may be four.
      awaitAllocatable("grid-q", Map.of("cpu", "2", "pods", "0"));
      List.of("one", "two", "three").forEach(LeastPrivilegeIT::delete);
      awaitAllocatable("grid-q", Map.of("cpu", "2", "pods", "3"));
      assertThat(node.drift()).isZero();
    }
  }

  private static ForwardingNode start(String name, MemberSettings settings) {
    var node =
        new ForwardingNode(
            Configuration.of(
                NodeSettings.named(name),
                ClusterAccess.of(primary.kubeconfigFor(USER)),
                List.of(settings)));
    node.start();
    node.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    return node;
  }

  private static void awaitAllocatable(String node, Map<String, String> expected) {
    await("the node offers " + expected)
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              var allocatable =
                  primary.client().nodes().withName(node).get().getStatus().getAllocatable();
              expected.forEach(
                  (name, amount) ->
                      assertThat(allocatable.get(name)).as(name).isEqualTo(new Quantity(amount)));
            });
  }

  private static List<String> phases() {
    return primary.client().pods().inNamespace("default").list().getItems().stream()
        .map(pod -> pod.getStatus().getPhase())
        .sorted()
        .toList();
  }

  private static void delete(String name) {
    primary.client().pods().inNamespace("default").withName(name).delete();
    await(name + " has gone in the primary and in the member")
        .atMost(LIMIT)
        .until(
            () ->
                primary.client().pods().inNamespace("default").withName(name).get() == null
                    && member
                        .client()
                        .pods()
                        .inAnyNamespace()
                        .withLabel("virtualnode.io/proxy-uid")
                        .list()
                        .getItems()
                        .stream()
                        .noneMatch(pod -> pod.getMetadata().getName().startsWith(name + "-")));
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

  private static void awaitPhase(String name, String phase) {
    await(name + " " + phase)
        .atMost(LIMIT)
        .until(
            () ->
                phase.equals(
                    primary
                        .client()
                        .pods()
                        .inNamespace("default")
                        .withName(name)
                        .get()
                        .getStatus()
                        .getPhase()));
  }

  /** On that virtual node: the other one's Node stays when its test is over. */
  private static Pod pod(String name, String node) {
    var pod = pod(name);
    pod.getSpec().setNodeSelector(Map.of("kubernetes.io/hostname", node));
    return pod;
  }

  private static Pod pod(String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
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
        .withNewResources()
        .addToRequests("cpu", new Quantity("1"))
        .addToRequests("memory", new Quantity("1Gi"))
        .endResources()
        .endContainer()
        .endSpec()
        .build();
  }

  private static void grant(LocalCluster cluster, String user, List<Permission> permissions) {
    for (int i = 0; i < permissions.size(); i++) {
      var permission = permissions.get(i);
      var name = meta(user + "-" + i, null);
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
                    .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
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
                    .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
                    .build())
            .create();
      }
    }
    assertThat(permissions).isNotEmpty();
  }

  private static ObjectMeta meta(String name, @Nullable String namespace) {
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
