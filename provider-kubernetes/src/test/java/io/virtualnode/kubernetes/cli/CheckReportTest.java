package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.Whereabouts.Place;
import io.virtualnode.kubernetes.cli.CheckReport.Cluster;
import io.virtualnode.kubernetes.cli.Permission.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CheckReportTest {

  private static final Permission CREATE =
      new Permission("create", "", "pods", new Scope.Namespace("atlas"));
  private static final Cluster PRIMARY = new Cluster("primary", 18, reached("one", "p"));

  @Test
  void all_is_right_when_every_cluster_grants_everything() {
    var report =
        new CheckReport(List.of(PRIMARY, new Cluster("member site-a", 12, reached("two", "a"))));

    assertThat(report.exitCode()).isZero();
    assertThat(report.lines())
        .containsExactly(
            "primary: Kubernetes v1.37.2 at https://p:6443",
            "primary: user bob",
            "primary: 18 of 18 permissions granted",
            "member site-a: Kubernetes v1.37.2 at https://a:6443",
            "member site-a: user bob",
            "member site-a: 12 of 12 permissions granted",
            "All right: 2 clusters are ready");
  }

  @Test
  void a_missing_permission_is_named_with_verb_resource_namespace_member_and_user() {
    var report =
        new CheckReport(
            List.of(PRIMARY, new Cluster("member site-b", 12, reached("two", "b", CREATE))));

    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.lines())
        .contains(
            "missing: create pods in namespace atlas (member site-b, user bob)",
            "member site-b: 11 of 12 permissions granted")
        .endsWith("Not ready: 1 of 2 clusters");
  }

  @Test
  void an_unreachable_cluster_is_said_with_its_reason() {
    var report =
        new CheckReport(
            List.of(PRIMARY, new Cluster("member c", 12, new Finding.Unreachable("refused"))));

    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.lines()).contains("member c: unreachable: refused");
  }

  @Test
  void a_server_that_cannot_tell_the_user_is_no_fault() {
    var old =
        new Finding.Reached("https://o", "v1.27.0", Optional.empty(), Optional.empty(), List.of());
    var report = new CheckReport(List.of(new Cluster("primary", 1, old)));

    assertThat(report.exitCode()).isZero();
    assertThat(report.lines()).contains("primary: user not told by this server");
  }

  @Test
  void two_names_for_one_cluster_are_remarked_but_legal() {
    var report =
        new CheckReport(List.of(PRIMARY, new Cluster("member site-a", 12, reached("one", "a"))));

    assertThat(report.exitCode()).isZero();
    assertThat(report.lines()).contains("remark: one and the same cluster: primary, member site-a");
  }

  @Test
  void pods_in_members_that_are_not_configured_are_remarked_with_what_to_do() {
    var report =
        new CheckReport(
            List.of(PRIMARY, new Cluster("member new", 12, reached("two", "a"))),
            new TreeMap<>(Map.of(new Place("gone", "three"), 3, new Place("old", "two"), 5)));

    assertThat(report.exitCode()).isZero();
    assertThat(report.lines())
        .contains(
            "remark: 3 pods have their delegates in member gone, which is not configured: how they"
                + " are is unknown. Configure it again, with drain: true if it is to go, until"
                + " vnode drain gone says that it is empty",
            "remark: 5 pods have their delegates in member old, which is called member new now:"
                + " they are its own");
  }

  @Test
  void programs_get_the_same_as_a_tree() {
    var report =
        new CheckReport(
            List.of(
                new Cluster("member b", 12, reached("two", "b", CREATE)),
                new Cluster("member c", 12, new Finding.Unreachable("refused"))));

    assertThat(report.tree())
        .isEqualTo(
            Map.of(
                "ready", false,
                "clusters",
                    List.of(
                        Map.of(
                            "cluster", "member b",
                            "ready", false,
                            "server", "https://b:6443",
                            "version", "v1.37.2",
                            "user", "bob",
                            "uid", "two",
                            "missing", List.of("create pods in namespace atlas")),
                        Map.of("cluster", "member c", "ready", false, "error", "refused")),
                "remarks", List.of()));
  }

  private static Finding reached(String uid, String host, Permission... missing) {
    return new Finding.Reached(
        "https://" + host + ":6443",
        "v1.37.2",
        Optional.of("bob"),
        Optional.of(uid),
        List.of(missing));
  }
}
