package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.api.NodeReport;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NodeObjectTest {

  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant T1 = T0.plusSeconds(60);
  private static final Taint TAINT = new Taint("NoSchedule", "virtualnode.io/provider", null, "v");

  private final NodeObject object =
      new NodeObject(
          new NodeDescription(
              "v",
              Map.of("zone", "z"),
              Map.of("note", "n"),
              List.of(TAINT),
              List.of(new NodeAddress("v", "Hostname")),
              "linux",
              "amd64",
              List.of(),
              OptionalInt.empty()));
  private final NodeReport report = NodeReport.ready(Map.of("cpu", new Quantity("4")));

  @Test
  void nothing_is_patched_when_the_node_is_as_it_was_created() {
    Node node = created();
    assertThat(object.metadataPatch(node, true)).isEmpty();
    assertThat(object.status().patch(node, report, List.of(), false, T1)).isEmpty();
  }

  @Test
  void heartbeat_moves_only_the_heartbeat_times() {
    List<NodeCondition> conditions = conditions(patch(created(), report, true));
    assertThat(conditions)
        .hasSize(4)
        .allSatisfy(
            condition -> {
              assertThat(condition.getLastHeartbeatTime()).isEqualTo(T1.toString());
              assertThat(condition.getLastTransitionTime()).isEqualTo(T0.toString());
            });
  }

  @Test
  void ready_turns_with_its_time_when_the_provider_is_not_ready() {
    NodeReport sick =
        new NodeReport(report.capacity(), report.allocatable(), false, "no member", List.of());
    NodeCondition ready =
        conditions(patch(created(), sick, false)).stream()
            .filter(condition -> condition.getType().equals("Ready"))
            .findFirst()
            .orElseThrow();
    assertThat(ready.getStatus()).isEqualTo("False");
    assertThat(ready.getMessage()).isEqualTo("no member");
    assertThat(ready.getLastTransitionTime()).isEqualTo(T1.toString());
  }

  @Test
  void resource_is_set_to_null_when_it_is_no_longer_reported_and_left_out_when_equal() {
    Node node = created();
    NodeReport other =
        NodeReport.ready(Map.of("memory", new Quantity("1Gi"), "cpu", new Quantity("4000m")));
    node.getStatus().getAllocatable().put("nvidia.com/gpu", new Quantity("1"));

    Map<String, Object> allocatable = child(patch(node, other, false), "allocatable");

    Map<String, Object> expected = new HashMap<>();
    expected.put("memory", new Quantity("1Gi"));
    expected.put("nvidia.com/gpu", null);
    assertThat(allocatable).isEqualTo(expected);
  }

  @Test
  void foreign_marks_are_never_in_a_patch_and_ours_come_back() {
    Node node =
        new NodeBuilder(created())
            .editMetadata()
            .withLabels(Map.of("foreign", "x", "type", "wrong"))
            .endMetadata()
            .editSpec()
            .withTaints(new Taint("NoExecute", "foreign", null, "x"))
            .endSpec()
            .build();

    Map<String, Object> patch = object.metadataPatch(node, true).orElseThrow();

    assertThat(child(patch, "metadata").get("labels"))
        .isEqualTo(
            Map.of(
                "type", "virtual-kubelet",
                "zone", "z",
                "kubernetes.io/os", "linux",
                "kubernetes.io/arch", "amd64",
                "kubernetes.io/hostname", "v",
                "virtualnode.io/managed", "true"));
    assertThat(patch.get("spec"))
        .isEqualTo(Map.of("taints", List.of(new Taint("NoExecute", "foreign", null, "x"), TAINT)));
    assertThat(object.metadataPatch(node, false).orElseThrow()).doesNotContainKey("spec");
  }

  @Test
  void taint_is_not_written_again_when_the_server_added_a_time_to_it() {
    Node node = created();
    node.getSpec().setTaints(List.of(new Taint("NoSchedule", TAINT.getKey(), "2026", "v")));
    assertThat(object.metadataPatch(node, true)).isEmpty();
  }

  @Test
  void condition_of_the_provider_is_deleted_when_it_is_no_longer_reported() {
    Node node = created();
    node.getStatus()
        .getConditions()
        .add(new NodeConditionBuilder().withType("x.io/Link").withStatus("True").build());

    Map<String, Object> status =
        status(object.status().patch(node, report, List.of("x.io/Link"), false, T1));

    assertThat((List<?>) status.get("conditions"))
        .isEqualTo(List.of(Map.of("$patch", "delete", "type", "x.io/Link")));
  }

  @Test
  void labels_and_taints_of_an_earlier_description_are_taken_off_and_those_of_others_stay() {
    Node node = created();
    node.getMetadata().getLabels().put("foreign", "x");
    Taint foreign = new Taint("NoExecute", "foreign", null, "x");
    node.getSpec().setTaints(List.of(foreign, TAINT));
    Taint other = new Taint("NoSchedule", "other", null, null);
    NodeObject next =
        new NodeObject(
            NodeDescription.builder("v")
                .architecture("amd64")
                .labels(Map.of("site", "s"))
                .taints(List.of(other))
                .build());

    Map<String, Object> patch = next.metadataPatch(node, true).orElseThrow();

    Map<String, Object> labels = new HashMap<>();
    labels.put("site", "s");
    labels.put("zone", null);
    assertThat(child(patch, "metadata").get("labels")).isEqualTo(labels);
    assertThat(patch.get("spec")).isEqualTo(Map.of("taints", List.of(foreign, other)));
    assertThat(child(patch, "metadata").get("annotations"))
        .isEqualTo(Map.of("virtualnode.io/applied", "labels=site taints=other:NoSchedule"));
  }

  @Test
  void taint_that_is_left_alone_for_now_is_still_noted_as_ours() {
    Node node = created();
    NodeObject next =
        new NodeObject(
            NodeDescription.builder("v").architecture("amd64").taints(List.of()).build());
    Map<String, Object> patch = next.metadataPatch(node, false).orElseThrow();
    assertThat(child(patch, "metadata").get("annotations"))
        .isEqualTo(
            Map.of("virtualnode.io/applied", "labels= taints=virtualnode.io/provider:NoSchedule"));
    assertThat(patch).doesNotContainKey("spec");
  }

  @Test
  void annotation_of_others_is_in_no_patch() {
    Node node = created();
    node.getMetadata().getAnnotations().put("virtualnode.io/drain", "a");
    node.getMetadata().setLabels(Map.of());
    Map<String, Object> patch = object.metadataPatch(node, true).orElseThrow();
    assertThat(child(patch, "metadata")).containsKey("labels").doesNotContainKey("annotations");
  }

  @Test
  void node_without_a_readable_note_keeps_what_it_has() {
    Node node = created();
    node.getMetadata().setAnnotations(Map.of("virtualnode.io/applied", "?", "note", "n"));
    node.getMetadata().getLabels().put("old", "x");
    Map<String, Object> patch = object.metadataPatch(node, true).orElseThrow();
    assertThat(child(patch, "metadata")).doesNotContainKey("labels");
    assertThat(patch).doesNotContainKey("spec");
  }

  @Test
  void patches_name_the_node_that_they_are_meant_for() {
    Node node = created();
    Map<String, Object> status =
        object.status().patch(node, report, List.of(), true, T1).orElseThrow();
    assertThat(child(status, "metadata")).isEqualTo(Map.of("uid", "u"));

    node.getMetadata().setLabels(Map.of());
    Map<String, Object> metadata = object.metadataPatch(node, false).orElseThrow();
    assertThat(child(metadata, "metadata"))
        .containsEntry("uid", "u")
        .containsEntry("resourceVersion", "5");
  }

  @Test
  void addresses_are_replaced_not_merged_by_type() {
    Node node = created();
    node.getStatus().getAddresses().add(new NodeAddress("192.0.2.9", "InternalIP"));
    assertThat(patch(node, report, false).get("addresses"))
        .isEqualTo(List.of(new NodeAddress("v", "Hostname"), Map.of("$patch", "replace")));
  }

  @Test
  void condition_of_the_provider_comes_once_and_never_speaks_for_ready() {
    NodeReport odd =
        new NodeReport(
            report.capacity(),
            report.allocatable(),
            true,
            "",
            List.of(
                new NodeConditionBuilder().withType("Ready").withStatus("False").build(),
                new NodeConditionBuilder().withType("DiskPressure").withStatus("True").build(),
                new NodeConditionBuilder().withType("x.io/Link").build(),
                new NodeConditionBuilder().withType("x.io/Link").withStatus("False").build()));
    assertThat(conditions(patch(created(), odd, false)))
        .extracting(condition -> condition.getType() + "=" + condition.getStatus())
        .containsExactly(
            "MemoryPressure=False",
            "DiskPressure=True",
            "PIDPressure=False",
            "x.io/Link=False",
            "Ready=True");
  }

  @Test
  void version_of_the_kubelet_is_semantic() {
    assertThat(created().getStatus().getNodeInfo().getKubeletVersion())
        .matches("v\\d+\\.\\d+\\.\\d+-virtualnode-\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z-]+)?");
  }

  @Test
  void node_without_our_label_is_not_ours() {
    assertThat(NodeObject.isManaged(created())).isTrue();
    assertThat(NodeObject.isManaged(new NodeBuilder().withNewMetadata().endMetadata().build()))
        .isFalse();
  }

  private Node created() {
    return new NodeBuilder(object.create(report, T0))
        .editMetadata()
        .withResourceVersion("5")
        .withUid("u")
        .endMetadata()
        .build();
  }

  private Map<String, Object> patch(Node node, NodeReport newest, boolean heartbeat) {
    return status(object.status().patch(node, newest, List.of(), heartbeat, T1));
  }

  private static Map<String, Object> status(Optional<Map<String, Object>> patch) {
    return child(patch.orElseThrow(), "status");
  }

  @SuppressWarnings("unchecked") // a patch has string keys
  private static Map<String, Object> child(Map<String, Object> patch, String key) {
    return (Map<String, Object>) requireNonNull(patch.get(key));
  }

  @SuppressWarnings("unchecked") // of conditions, unless one is deleted
  private static List<NodeCondition> conditions(Map<String, Object> status) {
    return (List<NodeCondition>) requireNonNull(status.get("conditions"));
  }
}
