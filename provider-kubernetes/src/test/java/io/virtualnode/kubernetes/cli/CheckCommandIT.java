package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code vnode check} against real API servers with real RBAC. */
@Timeout(120)
class CheckCommandIT {

  @TempDir private static Path directory;

  private static LocalCluster primary;
  private static LocalCluster member;

  @BeforeAll
  static void start() {
    var clusters =
        LocalCluster.startAll(
            LocalCluster.builder("primary"),
            LocalCluster.builder("site-a").nodes(1, NodeShape.of(8, "32Gi")));
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
  void everything_is_right_with_full_rights() throws Exception {
    var result = check("- {name: site-a, kubeconfig: " + member.kubeconfig() + "}");

    assertThat(result.out().lines())
        .contains(
            "primary: 15 of 15 permissions granted", "member site-a: 10 of 10 permissions granted")
        .anyMatch(
            line ->
                line.matches("member site-a: Kubernetes v1\\.\\d+\\.\\d+ at https://.*")
                    && line.contains(member.url()))
        .endsWith("All right: 2 clusters are ready");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void what_the_member_does_not_grant_is_named_one_by_one() throws Exception {
    grantAllButCreate("bob");
    var result =
        check(
            "- {name: site-a, namespace: atlas, kubeconfig: " + member.kubeconfigFor("bob") + "}");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out().lines())
        .filteredOn(line -> line.startsWith("missing"))
        .containsExactly(
            "missing: get namespaces in namespace atlas (member site-a, user bob)",
            "missing: create pods in namespace atlas (member site-a, user bob)",
            "missing: patch pods in namespace atlas (member site-a, user bob)");
    assertThat(result.out().lines())
        .contains("member site-a: user bob", "member site-a: 9 of 12 permissions granted")
        .endsWith("Not ready: 1 of 2 clusters");
  }

  @Test
  void a_right_in_one_namespace_is_none_where_all_are_asked_for() throws Exception {
    grantAllButCreate("eve");
    var result = check("- {name: site-a, kubeconfig: " + member.kubeconfigFor("eve") + "}");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out())
        .contains("missing: delete pods in all namespaces (member site-a, user eve)");
  }

  @Test
  void an_unreachable_member_is_said_and_does_not_stop_the_others() throws Exception {
    var nobody = Files.writeString(directory.resolve("nobody"), kubeconfig("https://127.0.0.1:1"));
    var result =
        check(
            "- {name: site-b, kubeconfig: " + nobody + "}",
            "- {name: site-a, kubeconfig: " + member.kubeconfig() + "}");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out().lines())
        .anyMatch(
            line ->
                line.startsWith("member site-b: unreachable: https://127.0.0.1:1/: ")
                    && line.contains("Connection refused"))
        .contains("member site-a: 10 of 10 permissions granted")
        .endsWith("Not ready: 1 of 3 clusters");
  }

  @Test
  @Timeout(30)
  void a_frozen_member_is_given_up_in_time() throws Exception {
    member.freezeApiServer();
    try {
      var result = check("- {name: site-a, kubeconfig: " + member.kubeconfig() + "}");

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out())
          .containsPattern("member site-a: unreachable: .*")
          .contains("primary: 15 of 15 permissions granted");
    } finally {
      member.thawApiServer();
    }
  }

  @Test
  void credentials_that_the_member_does_not_know_are_said() throws Exception {
    var stranger = Files.writeString(directory.resolve("stranger"), kubeconfig(member.url()));
    var result = check("- {name: site-a, kubeconfig: " + stranger + "}");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("the credentials are refused (HTTP 401)");
  }

  private static VnodeRun check(String... members) throws Exception {
    var file =
        Files.writeString(
            directory.resolve("vnode.yaml"),
            "node: {name: grid}\nprimary: {kubeconfig: "
                + primary.kubeconfig()
                + "}\nmembers:\n"
                + String.join("\n", members));
    return VnodeRun.of(
        configuration -> {
          throw new AssertionError("not to be run");
        },
        task -> {},
        new ApiServerProbe(),
        "check",
        "--config",
        file.toString(),
        "--timeout",
        "5");
  }

  private static void grantAllButCreate(String user) {
    var rbac = member.client().rbac();
    rbac.clusterRoles()
        .resource(
            new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(user)
                .endMetadata()
                .addToRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("")
                        .withResources("nodes", "pods")
                        .withVerbs("list", "watch")
                        .build(),
                    new PolicyRuleBuilder()
                        .withApiGroups("")
                        .withResources("namespaces")
                        .withResourceNames("kube-system")
                        .withVerbs("get")
                        .build())
                .build())
        .create();
    rbac.clusterRoleBindings()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(user)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", user)
                .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
                .build())
        .create();
    rbac.roles()
        .inNamespace("atlas")
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(user)
                .endMetadata()
                .addToRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("")
                        .withResources("pods")
                        .withVerbs("get", "delete")
                        .build(),
                    new PolicyRuleBuilder()
                        .withApiGroups("")
                        .withResources("resourcequotas")
                        .withVerbs("list", "watch")
                        .build())
                .build())
        .create();
    rbac.roleBindings()
        .inNamespace("atlas")
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(user)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", user)
                .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
                .build())
        .create();
  }

  /** A kubeconfig whose token nobody knows. */
  private static String kubeconfig(String server) {
    return """
    current-context: c
    contexts: [{name: c, context: {cluster: c, user: u}}]
    clusters: [{name: c, cluster: {server: '%s', insecure-skip-tls-verify: true}}]
    users: [{name: u, user: {token: nobody}}]
    """
        .formatted(server);
  }
}
