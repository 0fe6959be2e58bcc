package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.Survey.NodeLine;
import io.virtualnode.kubernetes.capacity.Given;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CapacityReportTest {

  private static final NodeLine WORKING =
      new NodeLine(
          Given.key("a/n1"),
          "",
          new Ledger.NodeUse(
              Given.resources("cpu", "64", "memory", "256Gi", "pods", "110"),
              Given.resources("cpu", "7500m", "memory", "1536Mi", "pods", "3"),
              Given.resources("cpu", "16", "memory", "64Gi", "pods", "2"),
              Given.resources("cpu", "8", "memory", "32Gi", "pods", "1"),
              Given.resources("cpu", "40500m", "memory", "190.5Gi", "pods", "105"),
              Resources.NONE));
  private static final NodeLine CORDONED =
      new NodeLine(
          Given.key("b/n1"),
          "node(s) were unschedulable",
          new Ledger.NodeUse(
              Given.resources("cpu", "8", "pods", "110"),
              Resources.NONE,
              Resources.NONE,
              Resources.NONE,
              Given.resources("cpu", "8", "pods", "110"),
              Resources.NONE));

  private static final TreeMap<String, Resources> OFFERS =
      new TreeMap<>(Map.of("vnode.a", Given.resources("cpu", "56500m"), "vnode.b", Resources.NONE));

  @Test
  void each_node_and_resource_has_a_line_and_slots_are_counted_on_usable_nodes() {
    var report = new CapacityReport(List.of(WORKING, CORDONED), OFFERS, List.of(), List.of(1, 8));

    assertThat(report.lines())
        .containsExactly(
            "MEMBER   NODE   RESOURCE   ALLOCATABLE   OTHERS   OURS   RESERVED   FREE      STATE",
            "a        n1     cpu        64            7500m    16     8          40500m    usable",
            "a        n1     memory     256Gi         1.5Gi    64Gi   32Gi       190.5Gi   usable",
            "a        n1     pods       110           3        2      1          105       usable",
            "b        n1     cpu        8             0        0      0          8         node(s) were unschedulable",
            "b        n1     pods       110           0        0      0          110       node(s) were unschedulable",
            "",
            "allocatable of vnode.a: {cpu=56500m}",
            "allocatable of vnode.b: {}",
            "1-core slots free: 40",
            "8-core slots free: 5");
  }

  @Test
  void a_node_without_room_for_pods_has_no_slots_and_a_stale_member_is_named() {
    var full =
        new NodeLine(
            Given.key("a/n1"),
            "",
            new Ledger.NodeUse(
                Given.resources("cpu", "8"),
                Resources.NONE,
                Resources.NONE,
                Resources.NONE,
                Given.resources("cpu", "8", "pods", "2"),
                Resources.NONE));
    var report = new CapacityReport(List.of(full), OFFERS, List.of("cern"), List.of(1, 16));

    assertThat(report.lines())
        .contains(
            "1-core slots free: 2",
            "16-core slots free: 0",
            "member cern did not answer in time: it offers nothing new");
  }

  @Test
  void programs_get_exact_amounts() {
    var report = new CapacityReport(List.of(WORKING), OFFERS, List.of("x"), List.of(8));

    assertThat(report.tree())
        .containsEntry("slots", Map.of("8", 5L))
        .containsEntry(
            "virtualNodes", Map.of("vnode.a", Map.of("cpu", "56500m"), "vnode.b", Map.of()))
        .containsEntry("stale", List.of("x"));
    assertThat(report.tree().get("nodes"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .singleElement()
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
        .containsEntry("member", "a")
        .containsEntry("usable", true)
        .containsEntry("free", Map.of("cpu", "40500m", "memory", "204547817472", "pods", "105"));
  }
}
