package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.virtualnode.api.NodeReport;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NodeReportsTest {

  private static final Scope A = new Scope.OfMember("a");
  private static final Scope OF_B = new Scope.OfNode(key("b/n1"));

  private final Map<String, Boolean> fresh = new HashMap<>(Map.of("a", true, "b", true));
  private final List<Scope> reported = new ArrayList<>();
  private final Map<Scope, NodeReport> last = new HashMap<>();
  private int held;
  private final SortedMap<String, Boolean> draining = new TreeMap<>();
  private final CompletableFuture<Void> stored = new CompletableFuture<>();
  private final NodeReports reports =
      new NodeReports(this::stale, () -> held, () -> draining, this::report);

  private List<String> stale() {
    return fresh.entrySet().stream()
        .filter(member -> !member.getValue())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private CompletionStage<Void> report(Scope scope, NodeReport report) {
    reported.add(scope);
    last.put(scope, report);
    return stored;
  }

  @Test
  @DisplayName("node_reports_what_is_its_own_once_and_again_when_it_is_another")
  void changes() {
    reports.include(A);
    reports.include(OF_B);
    assertThat(reports.scopes()).containsExactlyInAnyOrder(A, OF_B);
    reports.publish(Map.of(A, cores(1), OF_B, cores(2)));
    reports.publish(Map.of(A, cores(1), OF_B, cores(3)));
    assertThat(reported).containsExactlyInAnyOrder(A, OF_B, OF_B);
    assertThat(last(OF_B).allocatable()).isEqualTo(cores(3).toQuantities());
    assertThat(last(A).ready()).isTrue();
  }

  @Test
  @DisplayName("before_its_members_were_seen_a_node_reports_nothing_until_they_are_not_awaited")
  void awaited() {
    fresh.put("b", false);
    reports.include(A);
    reports.include(OF_B);
    reports.include(Scope.WHOLE);
    var offers = Map.of(A, cores(1), OF_B, cores(0), Scope.WHOLE, cores(1));
    reports.publish(offers);
    assertThat(reported).containsExactly(A);
    reports.awaitMembersNoLonger();
    reports.publish(offers);
    assertThat(reported).containsExactlyInAnyOrder(A, OF_B, Scope.WHOLE);
    assertThat(condition(OF_B)).isEqualTo("False SomeNotFresh not heard of recently: b");
    assertThat(condition(Scope.WHOLE)).startsWith("False");
    assertThat(condition(A)).isEqualTo("True AllFresh every member was heard of recently");
  }

  @Test
  @DisplayName("member_that_is_lost_later_is_reported_at_once_by_the_nodes_that_stand_for_it")
  void lost() {
    reports.include(A);
    reports.include(OF_B);
    var offers = Map.of(A, cores(1), OF_B, cores(0));
    reports.publish(offers);
    reported.clear();
    fresh.put("b", false);
    reports.publish(offers);
    assertThat(reported).containsExactly(OF_B);
  }

  @Test
  @DisplayName("orphans_that_are_held_are_a_condition_of_every_node")
  void orphans() {
    reports.include(A);
    reports.include(OF_B);
    var offers = Map.of(A, cores(1), OF_B, cores(2));
    reports.publish(offers);
    assertThat(last(A).conditions().get(1).getStatus()).isEqualTo("False");
    held = 7;
    reports.publish(offers);
    assertThat(reported).containsExactlyInAnyOrder(A, OF_B, A, OF_B);
    assertThat(last(OF_B).conditions().get(1))
        .satisfies(
            condition -> {
              assertThat(condition.getType()).isEqualTo("virtualnode.io/OrphansHeld");
              assertThat(condition.getStatus()).isEqualTo("True");
              assertThat(condition.getMessage()).startsWith("7 delegates");
            });
  }

  @Test
  @DisplayName("node_says_of_its_own_members_whether_they_are_drained_and_empty")
  void drained() {
    reports.include(A);
    reports.include(OF_B);
    reports.include(Scope.WHOLE);
    var offers = Map.of(A, cores(1), OF_B, cores(2), Scope.WHOLE, cores(3));
    reports.publish(offers);
    assertThat(drain(Scope.WHOLE)).isEqualTo("False None no member is drained");
    draining.putAll(Map.of("a", false, "b", true));
    reported.clear();
    reports.publish(offers);
    assertThat(reported).containsExactlyInAnyOrder(A, OF_B, Scope.WHOLE);
    assertThat(drain(Scope.WHOLE)).isEqualTo("True Draining a: draining, b: drained");
    assertThat(drain(A)).isEqualTo("True Draining a: draining");
    assertThat(drain(OF_B)).isEqualTo("True Draining b: drained");
    draining.put("a", true);
    reported.clear();
    reports.publish(offers);
    assertThat(reported).containsExactlyInAnyOrder(A, Scope.WHOLE);
    var node =
        new NodeBuilder()
            .withNewStatus()
            .withConditions(last(Scope.WHOLE).conditions())
            .endStatus()
            .build();
    assertThat(DrainReport.on(node).empty()).isEqualTo(draining);
  }

  private String drain(Scope scope) {
    var condition = last(scope).conditions().get(2);
    assertThat(condition.getType()).isEqualTo("virtualnode.io/MembersDraining");
    return condition.getStatus() + " " + condition.getReason() + " " + condition.getMessage();
  }

  @Test
  @DisplayName("node_that_comes_again_reports_again")
  void again() {
    reports.include(A);
    reports.publish(Map.of(A, cores(1)));
    reports.exclude(A);
    assertThat(reports.scopes()).isEmpty();
    reports.include(A);
    reports.publish(Map.of(A, cores(1)));
    assertThat(reported).containsExactly(A, A);
  }

  @Test
  @DisplayName("stored_is_what_was_reported_last")
  void stored() {
    assertThat(reports.stored(A).toCompletableFuture()).isCompleted();
    reports.include(A);
    reports.publish(Map.of(A, cores(1)));
    assertThat(reports.stored(A).toCompletableFuture()).isNotDone();
    stored.complete(null);
    assertThat(reports.stored(A).toCompletableFuture()).isCompleted();
  }

  private NodeReport last(Scope scope) {
    return requireNonNull(last.get(scope));
  }

  private String condition(Scope scope) {
    var condition = last(scope).conditions().get(0);
    return condition.getStatus() + " " + condition.getReason() + " " + condition.getMessage();
  }
}
