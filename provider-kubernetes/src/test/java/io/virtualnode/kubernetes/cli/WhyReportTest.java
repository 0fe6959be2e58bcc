package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.kubernetes.capacity.Given;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.placement.Explanation;
import io.virtualnode.kubernetes.placement.Explanation.Counts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WhyReportTest {

  private static final Optional<NodeKey> NOWHERE = Optional.empty();
  private static final Optional<NodeKey> NODE = Optional.of(Given.key("a/n1"));

  private static final Explanation FULL =
      new Explanation(
          counts(3, 0, Map.of("Insufficient cpu", 2, "node(s) were unschedulable", 1)),
          new TreeMap<>(
              Map.of(
                  "b", counts(1, 0, Map.of("node(s) were unschedulable", 1)),
                  "a", counts(2, 0, Map.of("Insufficient cpu", 2)))));
  private static final Explanation ROOM =
      new Explanation(
          counts(2, 1, Map.of("Too many pods", 1)),
          new TreeMap<>(Map.of("a", counts(2, 1, Map.of("Too many pods", 1)))));

  @Test
  void a_pod_that_has_its_slot_needs_no_reasons() {
    var report = report(NODE, NOWHERE, FULL, List.of());

    assertThat(report.lines())
        .containsExactly(
            "default/p: bound to vnode, Running", "it has its slot on node n1 of member a");
  }

  @Test
  void a_slot_is_told_rather_than_where_a_pod_without_one_would_go() {
    var report = report(NODE, Optional.of(Given.key("b/n2")), ROOM, List.of());

    assertThat(report.lines()).element(1).isEqualTo("it has its slot on node n1 of member a");
  }

  @Test
  void a_pod_that_would_be_placed_is_told_where_and_which_nodes_are_out_of_the_question() {
    var report = report(NOWHERE, NODE, ROOM, List.of());

    assertThat(report.lines())
        .containsExactly(
            "default/p: bound to vnode, Running",
            "placed now, it would go to node n1 of member a",
            "1/2 nodes are available: 1 Too many pods.",
            "  member a: 1/2 nodes are available: 1 Too many pods.");
  }

  @Test
  void a_pod_that_would_wait_is_told_why_in_total_and_by_member_in_order() {
    var report = report(NOWHERE, NOWHERE, FULL, List.of());

    assertThat(report.lines())
        .containsExactly(
            "default/p: bound to vnode, Running",
            "placed now, it would wait",
            "0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.",
            "  member a: 0/2 nodes are available: 2 Insufficient cpu.",
            "  member b: 0/1 nodes are available: 1 node(s) were unschedulable.");
  }

  @Test
  void a_pod_waits_for_any_node_where_there_is_none() {
    var report =
        report(
            NOWHERE,
            NOWHERE,
            new Explanation(counts(0, 0, Map.of()), new TreeMap<>()),
            List.of("cern", "desy"));

    assertThat(report.lines())
        .containsExactly(
            "default/p: bound to vnode, Running",
            "placed now, it would wait",
            "0/0 nodes are available.",
            "member cern did not answer in time: it takes nothing new",
            "member desy did not answer in time: it takes nothing new");
  }

  @Test
  void a_stale_member_is_named_to_a_pod_that_has_its_slot_as_well() {
    assertThat(report(NODE, NOWHERE, FULL, List.of("cern")).lines())
        .last()
        .isEqualTo("member cern did not answer in time: it takes nothing new");
  }

  @Test
  void programs_get_the_slot_and_the_counts_by_member() {
    assertThat(report(NODE, NOWHERE, ROOM, List.of("cern")).tree())
        .containsExactly(
            Map.entry("pod", "default/p"),
            Map.entry("state", "bound to vnode, Running"),
            Map.entry("slot", Map.of("member", "a", "node", "n1")),
            Map.entry("message", "1/2 nodes are available: 1 Too many pods."),
            Map.entry(
                "members",
                Map.of(
                    "a",
                    Map.of("nodes", 2, "available", 1, "reasons", Map.of("Too many pods", 1)))),
            Map.entry("stale", List.of("cern")));
  }

  @Test
  void programs_get_the_choice_or_neither() {
    assertThat(report(NOWHERE, NODE, ROOM, List.of()).tree())
        .containsEntry("choice", Map.of("member", "a", "node", "n1"))
        .doesNotContainKey("slot");
    assertThat(report(NOWHERE, NOWHERE, FULL, List.of()).tree())
        .doesNotContainKeys("slot", "choice")
        .containsEntry("stale", List.of());
  }

  @Test
  void the_state_says_whether_it_is_bound_its_phase_and_its_reason() {
    assertThat(state(null, "Pending", null)).isEqualTo("not bound, Pending");
    assertThat(state("", "Pending", null)).isEqualTo("not bound, Pending");
    assertThat(state("vnode", "Pending", "WaitingForSlot"))
        .isEqualTo("bound to vnode, Pending (WaitingForSlot)");
    assertThat(state("vnode", "Running", null)).isEqualTo("bound to vnode, Running");
  }

  private static WhyReport report(
      Optional<NodeKey> slot,
      Optional<NodeKey> choice,
      Explanation explanation,
      List<String> stale) {
    return new WhyReport("default/p", "bound to vnode, Running", slot, choice, explanation, stale);
  }

  private static Counts counts(int nodes, int available, Map<String, Integer> reasons) {
    return new Counts(nodes, available, new TreeMap<>(reasons));
  }

  private static String state(@Nullable String node, String phase, @Nullable String reason) {
    return WhyCommand.state(
        new PodBuilder()
            .withNewSpec()
            .withNodeName(node)
            .endSpec()
            .withNewStatus()
            .withPhase(phase)
            .withReason(reason)
            .endStatus()
            .build());
  }
}
