package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NodeGroupsTest {

  private static final NodeRequirements SSD = selecting("disk", "ssd");

  private final NodeGroups groups = new NodeGroups(10);

  @DisplayName("label_is_grouped_by_once_it_has_cost_as_many_looks_as_there_are_nodes")
  @Test
  void pays() {
    var nodes = nodes(20);
    assertThat(groups.payFor(SSD, 15, 20)).isFalse();
    assertThat(groups.payFor(SSD, 5, 20)).isTrue();
    assertThat(groups.extend(nodes, 20)).isTrue();
    assertThat(groups.labelKeys()).containsExactly("disk");
    assertThat(groups.payFor(SSD, 100, 20)).as("again").isFalse();
  }

  @DisplayName("few_looks_never_pay_and_no_looks_cost_nothing")
  @Test
  void fewLooks() {
    assertThat(groups.payFor(SSD, 0, 0)).isFalse();
    assertThat(groups.payFor(SSD, 9, 2)).isFalse();
    assertThat(groups.payFor(SSD, 1, 2)).isTrue();
  }

  @DisplayName("label_of_too_many_values_is_never_grouped_by")
  @Test
  void tooManyValues() {
    var rack = selecting("rack", "r1");
    assertThat(groups.payFor(rack, 100, 40)).isTrue();
    assertThat(groups.extend(nodes(40), 40)).isFalse();
    assertThat(groups.payFor(rack, 100, 40)).isFalse();
  }

  @DisplayName("search_that_refuses_node_after_node_refuses_a_class_at_once_next_time")
  @Test
  void used() {
    var ledger = new Ledger();
    ledger.setFresh("a", true);
    nodes(200).forEach(ledger::setNode);
    ledger.setNode(node("a/x").cpu(9).label("disk", "ssd").build());
    var index = new NodeIndex(ledger, new NodeOrder(Strategy.PACK), new NodeGroups(10));
    ledger.observe(index);
    var demand = new Demand("p", cores(1), SSD);
    var first = new NodeSearch(index, demand, new Quotas(ledger), ledger, Set.of());
    assertThat(requireNonNull(first.first()).key).isEqualTo(key("a/x"));
    assertThat(first.refused()).isEqualTo(200);
    index.payFor(demand, first.refused());
    index.payFor(demand, 1);
    var second = new NodeSearch(index, demand, new Quotas(ledger), ledger, Set.of());
    assertThat(requireNonNull(second.first()).key).isEqualTo(key("a/x"));
    assertThat(second.refused()).isZero();
    assertThat(ledger.drift()).isZero();
  }

  @DisplayName("placement_groups_by_itself_and_decides_as_before")
  @Test
  void byItself() {
    var ledger = new Ledger();
    ledger.setFresh("a", true);
    nodes(100).forEach(ledger::setNode);
    ledger.setNode(node("a/x").cpu(9).label("disk", "ssd").build());
    var placement = new Placement(ledger, Strategy.PACK);
    for (int i = 0; i < 3; i++) {
      assertThat(placement.decide(new Demand("p", cores(1), SSD), Optional.empty()))
          .isEqualTo(new Decision.Placed(key("a/x")));
      assertThat(ledger.drift()).isZero();
    }
  }

  private static NodeRequirements selecting(String key, String value) {
    return new NodeRequirements(Map.of(key, value), List.of());
  }

  private static List<MemberNode> nodes(int count) {
    var result = new ArrayList<MemberNode>();
    for (int n = 0; n < count; n++) {
      var given = node("a/n" + n).cpu(8).label("disk", "tape").label("rack", "r" + n);
      result.add(given.build());
    }
    return result;
  }
}
