package io.virtualnode.kubernetes.member;

import static io.virtualnode.kubernetes.capacity.Given.quantities;
import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.delegate.Ownership;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemberFactsTest {

  private static final Ownership OWNERSHIP = new Ownership("primary-1", "vnode");
  private static final MemberSettings CERN = MemberSettings.named("cern", ClusterAccess.standard());

  @DisplayName("node_says_who_it_is_and_what_it_has")
  @Test
  void node() {
    var node = facts(CERN, n -> n.editMetadata().addToLabels("disk", "ssd").endMetadata());
    assertThat(node.key()).isEqualTo(new NodeKey("cern", "n1"));
    assertThat(node.allocatable()).isEqualTo(resources("cpu", "4", "memory", "8Gi", "pods", "110"));
    assertThat(node.labels()).isEqualTo(Map.of("disk", "ssd"));
    assertThat(node.admitted()).isTrue();
    assertThat(node.usable()).isTrue();
  }

  @DisplayName("node_is_usable_only_when_it_is_ready_but_admitted_in_any_case")
  @ParameterizedTest(name = "Ready={0} -> {1}")
  @CsvSource({"True, true", "False, false", "Unknown, false"})
  void ready(String status, boolean usable) {
    var node =
        facts(
            CERN,
            n -> n.editStatus().editFirstCondition().withStatus(status).endCondition().endStatus());
    assertThat(node.usable()).isEqualTo(usable);
    assertThat(node.admitted()).isTrue();
  }

  @DisplayName("node_is_not_usable_when_nobody_has_said_that_it_is_ready")
  @Test
  void noReadyCondition() {
    var node =
        facts(
            CERN,
            n ->
                n.editStatus()
                    .editFirstCondition()
                    .withType("DiskPressure")
                    .endCondition()
                    .endStatus());
    assertThat(node.usable()).isFalse();
    assertThat(facts(CERN, n -> n.editStatus().withConditions(List.of()).endStatus()).usable())
        .isFalse();
  }

  @DisplayName("cordoned_node_is_not_usable_but_admitted")
  @Test
  void cordoned() {
    var node = facts(CERN, n -> n.editSpec().withUnschedulable(true).endSpec());
    assertThat(node.usable()).isFalse();
    assertThat(node.admitted()).isTrue();
    assertThat(facts(CERN, n -> n.editSpec().withUnschedulable(false).endSpec()).usable()).isTrue();
  }

  @DisplayName("tainted_node_is_usable_only_when_the_members_tolerations_cover_the_taint")
  @ParameterizedTest(name = "{0}={1}:{2} tolerated by key={3} {4} value={5} effect={6} -> {7}")
  @CsvSource({
    "grid, a, NoSchedule, grid, Exists, , , true",
    "grid, a, NoSchedule, grid, Exists, , NoSchedule, true",
    "grid, a, NoSchedule, grid, Exists, , NoExecute, false",
    "grid, a, NoExecute, grid, Exists, , NoExecute, true",
    "grid, a, NoSchedule, other, Exists, , , false",
    "grid, a, NoSchedule, , Exists, , , true",
    "grid, a, NoSchedule, grid, Equal, a, , true",
    "grid, a, NoSchedule, grid, , a, , true",
    "grid, a, NoSchedule, grid, Equal, b, , false",
    "grid, a, NoSchedule, grid, Equal, , , false",
    "grid, , NoSchedule, grid, Equal, , , true",
    "grid, a, PreferNoSchedule, other, Exists, , , true",
  })
  void taints(
      String key,
      String value,
      String effect,
      String tolerated,
      String operator,
      String toleratedValue,
      String toleratedEffect,
      boolean usable) {
    var toleration =
        new TolerationBuilder()
            .withKey(tolerated)
            .withOperator(operator)
            .withValue(toleratedValue)
            .withEffect(toleratedEffect)
            .build();
    var node = facts(tolerating(toleration), n -> taint(n, key, value, effect));
    assertThat(node.usable()).isEqualTo(usable);
    assertThat(node.admitted()).isEqualTo(usable);
    assertThat(node.taints()).hasSize(1);
  }

  @DisplayName("node_says_why_it_takes_no_pods_in_the_schedulers_words_and_order")
  @Test
  void obstacles() {
    UnaryOperator<NodeBuilder> notReady =
        n -> n.editStatus().editFirstCondition().withStatus("False").endCondition().endStatus();
    UnaryOperator<NodeBuilder> cordoned = n -> n.editSpec().withUnschedulable(true).endSpec();
    UnaryOperator<NodeBuilder> tainted = n -> taint(n, "grid", "a", "NoSchedule");
    UnaryOperator<NodeBuilder> bare = n -> taint(n, "gpu", null, "NoExecute");
    assertThat(facts(CERN, n -> n).obstacle()).isEmpty();
    assertThat(facts(CERN, notReady).obstacle()).isEqualTo("node(s) were not ready");
    assertThat(facts(CERN, cordoned).obstacle()).isEqualTo("node(s) were unschedulable");
    assertThat(facts(CERN, tainted).obstacle())
        .isEqualTo("node(s) had untolerated taint {grid: a}");
    assertThat(facts(CERN, bare).obstacle()).isEqualTo("node(s) had untolerated taint {gpu: }");
    assertThat(facts(CERN, n -> tainted.apply(notReady.apply(n))).obstacle())
        .isEqualTo("node(s) had untolerated taint {grid: a}");
    assertThat(facts(CERN, n -> cordoned.apply(tainted.apply(n))).obstacle())
        .isEqualTo("node(s) were unschedulable");
  }

  @Test
  @DisplayName("taint_that_the_virtual_node_carries_rules_a_node_out_only_if_it_is_a_passing_one")
  void carried() {
    assertThat(carrying(n -> taint(n, "grid", "a", "NoSchedule")).usable()).isTrue();
    assertThat(carrying(n -> taint(n, "gpu", null, "NoExecute")).admitted()).isTrue();
    var pressed = carrying(n -> taint(n, "node.kubernetes.io/disk-pressure", null, "NoSchedule"));
    assertThat(pressed.usable()).isFalse();
    assertThat(pressed.admitted()).isTrue();
  }

  private static MemberNode carrying(UnaryOperator<NodeBuilder> change) {
    return MemberFacts.node(CERN, node(change), true);
  }

  @DisplayName("every_taint_must_be_covered")
  @Test
  void twoTaints() {
    var grid = new TolerationBuilder().withKey("grid").withOperator("Exists").build();
    UnaryOperator<NodeBuilder> twice =
        n -> taint(taint(n, "grid", null, "NoSchedule"), "gpu", null, "NoSchedule");
    assertThat(facts(tolerating(grid), twice).usable()).isFalse();
    var gpu = new TolerationBuilder().withKey("gpu").withOperator("Exists").build();
    assertThat(facts(tolerating(grid, gpu), twice).usable()).isTrue();
  }

  @DisplayName("taint_of_a_passing_state_leaves_the_node_admitted")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "node.kubernetes.io/unschedulable",
        "node.kubernetes.io/unreachable",
        "node.kubernetes.io/disk-pressure",
        "node.cloudprovider.kubernetes.io/uninitialized"
      })
  void passing(String key) {
    var node = facts(CERN, n -> taint(n, key, null, "NoSchedule"));
    assertThat(node.usable()).isFalse();
    assertThat(node.admitted()).isTrue();
  }

  @DisplayName("control_plane_is_not_admitted")
  @Test
  void controlPlane() {
    var node =
        facts(CERN, n -> taint(n, "node-role.kubernetes.io/control-plane", null, "NoSchedule"));
    assertThat(node.admitted()).isFalse();
    assertThat(node.usable()).isFalse();
  }

  @DisplayName("node_is_admitted_only_when_it_matches_the_members_selector")
  @Test
  void selector() {
    var settings = CERN.withNodeSelector(Map.of("pool", "batch"));
    var other = facts(settings, n -> n.editMetadata().addToLabels("pool", "web").endMetadata());
    var right = facts(settings, n -> n.editMetadata().addToLabels("pool", "batch").endMetadata());
    assertThat(facts(settings, n -> n).usable()).isFalse();
    assertThat(other.obstacle()).isEqualTo("node(s) didn't match the member's nodeSelector");
    assertThat(other.admitted()).isFalse();
    assertThat(right.usable()).isTrue();
  }

  @DisplayName("virtual_node_in_a_member_is_not_admitted_because_it_offers_what_others_have")
  @Test
  void virtualNode() {
    var node =
        facts(
            CERN,
            n -> n.editMetadata().addToLabels("virtualnode.io/managed", "true").endMetadata());
    assertThat(node.admitted()).isFalse();
    assertThat(node.obstacle()).isEqualTo("node(s) were virtual");
  }

  @DisplayName("headroom_is_taken_from_each_node_but_never_below_nothing_and_never_adds_a_name")
  @Test
  void headroom() {
    var settings =
        CERN.withHeadroom(quantities("cpu", "500m", "memory", "9Gi", "nvidia.com/gpu", "1"));
    var allocatable = facts(settings, n -> n).allocatable();
    assertThat(allocatable.names()).containsExactly("cpu", "memory", "pods");
    assertThat(allocatable).isEqualTo(resources("cpu", "3500m", "pods", "110"));
  }

  @DisplayName("pod_says_where_it_is_what_it_requests_and_whose_delegate_it_is")
  @Test
  void pod() {
    var proxy = new PodKey("grid", "job", "uid-1");
    var pod = pod("n1");
    pod.getMetadata().setLabels(OWNERSHIP.labels(proxy));
    pod.getMetadata().setAnnotations(OWNERSHIP.annotations(proxy));
    var facts = MemberFacts.pod(CERN, pod, OWNERSHIP);
    assertThat(facts.uid()).isEqualTo("uid-of-pod");
    assertThat(facts.node()).contains("n1");
    assertThat(facts.request()).isEqualTo(resources("cpu", "2", "pods", "1"));
    assertThat(facts.proxyUid()).contains("uid-1");
    assertThat(facts.underQuota()).isFalse();
  }

  @DisplayName("pod_is_on_no_node_and_nobodys_delegate_when_nothing_says_so")
  @Test
  void foreignPod() {
    for (var node : new String[] {null, ""}) {
      var facts = MemberFacts.pod(CERN, pod(node), OWNERSHIP);
      assertThat(facts.node()).isEmpty();
      assertThat(facts.proxyUid()).isEmpty();
    }
  }

  @DisplayName("pod_uses_the_quota_up_when_it_lives_in_the_members_fixed_namespace")
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({"work, true", "other, false"})
  void underQuota(String namespace, boolean under) {
    var settings = CERN.withNamespace(namespace);
    assertThat(MemberFacts.pod(settings, pod("n1"), OWNERSHIP).underQuota()).isEqualTo(under);
  }

  @DisplayName("quota_names_become_resource_names")
  @Test
  void quotaNames() {
    assertThat(
            quotas(
                List.of(
                    quota(
                        "requests.cpu", "4",
                        "memory", "8Gi",
                        "requests.nvidia.com/gpu", "2",
                        "count/pods", "20",
                        "limits.cpu", "1",
                        "limits.memory", "1",
                        "count/jobs.batch", "1",
                        "gold.storageclass.storage.k8s.io/requests.storage", "1"))))
        .contains(resources("cpu", "4", "memory", "8Gi", "nvidia.com/gpu", "2", "pods", "20"));
  }

  @DisplayName("strictest_limit_counts_whether_of_one_quota_or_of_several")
  @Test
  void strictest() {
    assertThat(quotas(List.of(quota("cpu", "4", "pods", "9"), quota("cpu", "3"))))
        .contains(resources("cpu", "3", "pods", "9"));
    assertThat(quotas(List.of(quota("cpu", "2", "requests.cpu", "3"))))
        .contains(resources("cpu", "2"));
    assertThat(quotas(List.of(quota("cpu", "3", "requests.cpu", "2"))))
        .contains(resources("cpu", "2"));
    assertThat(quotas(List.of(quota("pods", "5", "count/pods", "9"))))
        .contains(resources("pods", "5"));
  }

  @DisplayName("limit_of_0_is_a_limit")
  @Test
  void zero() {
    var quota = quotas(List.of(quota("nvidia.com/gpu", "1", "cpu", "0"))).orElseThrow();
    assertThat(quota.names()).containsExactly("cpu");
  }

  @DisplayName("scoped_quotas_are_left_out")
  @Test
  void scoped() {
    var byScope =
        new ResourceQuotaBuilder(quota("cpu", "1")).editSpec().addToScopes("BestEffort").endSpec();
    var bySelector =
        new ResourceQuotaBuilder(quota("cpu", "1"))
            .editSpec()
            .withNewScopeSelector()
            .endScopeSelector()
            .endSpec();
    assertThat(quotas(List.of(byScope.build(), bySelector.build()))).isEmpty();
    assertThat(quotas(List.of(byScope.build(), quota("cpu", "2")))).contains(resources("cpu", "2"));
    assertThat(quotas(List.of())).isEmpty();
    assertThat(quotas(List.of(quota()))).isEmpty();
  }

  @DisplayName("quota_on_the_number_of_pods_is_used_up_by_those_that_have_ended_too")
  @Test
  void ended() {
    assertThat(MemberFacts.quota(List.of(quota("count/pods", "9", "cpu", "4")), 3))
        .contains(resources("pods", "6", "cpu", "4"));
    assertThat(MemberFacts.quota(List.of(quota("count/pods", "9", "pods", "7")), 3))
        .contains(resources("pods", "6"));
    assertThat(MemberFacts.quota(List.of(quota("count/pods", "9", "pods", "5")), 3))
        .contains(resources("pods", "5"));
  }

  @DisplayName("room_without_nodes_is_what_the_quota_allows_and_the_configuration_adds")
  @Test
  void room() {
    var quota = new CapacitySource.Quota(quantities("cpu", "99", "pods", "50"));
    assertThat(MemberFacts.room(quota, Optional.of(resources("cpu", "4", "memory", "8Gi"))))
        .contains(resources("cpu", "4", "memory", "8Gi", "pods", "50"));
    assertThat(MemberFacts.room(quota, Optional.empty()))
        .contains(resources("cpu", "99", "pods", "50"));
    assertThat(
            MemberFacts.room(
                new CapacitySource.Static(quantities("cpu", "7")),
                Optional.of(resources("cpu", "1"))))
        .contains(resources("cpu", "7"));
    assertThat(MemberFacts.room(new CapacitySource.Nodes(), Optional.of(resources("cpu", "1"))))
        .isEmpty();
  }

  @DisplayName("member_without_nodes_is_one_with_all_its_room_and_its_pods_wherever_they_are")
  @Test
  void sum() {
    var settings =
        CERN.withNamespace("work")
            .withNodeSelector(Map.of("pool", "batch"))
            .withHeadroom(quantities("cpu", "1", "memory", "9Gi"))
            .withCapacity(new CapacitySource.Quota(Map.of()));
    var sum = MemberFacts.sum(settings, resources("cpu", "4", "memory", "8Gi"));
    assertThat(sum.key()).isEqualTo(new NodeKey("cern", "*"));
    assertThat(sum.allocatable()).isEqualTo(resources("cpu", "3"));
    assertThat(sum.usable()).isTrue();
    assertThat(sum.admitted()).isTrue();
    assertThat(sum.labels()).isEqualTo(Map.of("pool", "batch"));
    for (var node : new String[] {"n1", ""}) {
      assertThat(MemberFacts.pod(settings, pod(node), OWNERSHIP).node()).contains("*");
    }
  }

  private static Optional<Resources> quotas(List<ResourceQuota> quotas) {
    return MemberFacts.quota(quotas, 0);
  }

  private static MemberNode facts(MemberSettings settings, UnaryOperator<NodeBuilder> change) {
    return MemberFacts.node(settings, node(change), false);
  }

  private static Node node(UnaryOperator<NodeBuilder> change) {
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("n1")
            .endMetadata()
            .withNewSpec()
            .endSpec()
            .withNewStatus()
            .withAllocatable(quantities("cpu", "4", "memory", "8Gi", "pods", "110"))
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus();
    return change.apply(node).build();
  }

  private static NodeBuilder taint(
      NodeBuilder node, String key, @Nullable String value, String effect) {
    return node.editSpec()
        .addNewTaint()
        .withKey(key)
        .withValue(value)
        .withEffect(effect)
        .endTaint()
        .endSpec();
  }

  private static MemberSettings tolerating(Toleration... tolerations) {
    return CERN.withTolerations(List.of(tolerations));
  }

  private static Pod pod(String node) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("work")
        .withName("pod")
        .withUid("uid-of-pod")
        .endMetadata()
        .withNewSpec()
        .withNodeName(node)
        .addNewContainer()
        .withName("main")
        .withNewResources()
        .withRequests(quantities("cpu", "2"))
        .endResources()
        .endContainer()
        .endSpec()
        .build();
  }

  private static ResourceQuota quota(String... hard) {
    return new ResourceQuotaBuilder().withNewSpec().withHard(quantities(hard)).endSpec().build();
  }
}
