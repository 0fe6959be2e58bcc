package io.virtualnode.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NodeReportTest {

  @Test
  void ready_node_has_all_of_its_capacity_allocatable_and_nothing_to_remark() {
    var allocatable = Map.of("cpu", new Quantity("4"));
    assertThat(NodeReport.ready(allocatable))
        .isEqualTo(new NodeReport(allocatable, allocatable, true, "", List.of()));
  }

  @Test
  void node_with_nothing_free_is_ready_all_the_same() {
    assertThat(NodeReport.ready(Map.of()).ready()).isTrue();
  }

  @Test
  void report_does_not_change_when_the_collections_it_was_made_of_do() {
    var capacity = new HashMap<>(Map.of("cpu", new Quantity("8")));
    var allocatable = new HashMap<>(Map.of("cpu", new Quantity("4")));
    var conditions = new ArrayList<>(List.of(new NodeCondition()));
    var report = new NodeReport(capacity, allocatable, false, "away", conditions);
    capacity.clear();
    allocatable.clear();
    conditions.clear();
    assertThat(report.capacity()).containsOnlyKeys("cpu");
    assertThat(report.allocatable()).containsEntry("cpu", new Quantity("4"));
    assertThat(report.conditions()).hasSize(1);
    assertThatThrownBy(() -> report.allocatable().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @SuppressWarnings("NullAway") // what is tested
  @Test
  void message_may_be_empty_but_not_missing() {
    assertThatNullPointerException()
        .isThrownBy(() -> new NodeReport(Map.of(), Map.of(), true, null, List.of()))
        .withMessage("message is null");
  }
}
