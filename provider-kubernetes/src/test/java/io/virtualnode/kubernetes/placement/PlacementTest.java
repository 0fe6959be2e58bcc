package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static io.virtualnode.kubernetes.capacity.Given.pod;
import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.capacity.Given.NodeGiven;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PlacementTest {

  private final Ledger ledger = new Ledger();

  @DisplayName("pod_goes_to_the_fullest_node_it_fits_so_that_whole_slots_stay_free")
  @Test
  void bestFit() {
    given(node("a/n1").cpu(8), node("a/n2").cpu(2), node("b/n1").cpu(4));
    assertThat(plan(demand("p", 2))).containsExactly(placed("a/n2"));
    assertThat(plan(demand("p", 3))).containsExactly(placed("b/n1"));
    assertThat(plan(demand("p", 8))).containsExactly(placed("a/n1"));
  }

  @DisplayName("twelve_core_pod_goes_to_the_one_node_that_is_large_enough") // karmada#521
  @Test
  void largeEnough() {
    for (int i = 0; i < 10; i++) {
      given(node("a/n" + i).cpu(8));
    }
    given(node("b/n1").cpu(16), node("b/n2").cpu(16));
    ledger.setPod("b", pod("x").on("n1").cpu(5).build());
    assertThat(plan(demand("p", 12))).containsExactly(placed("b/n2"));
  }

  @DisplayName("each_decision_sees_those_before_it")
  @Test
  void oneAfterAnother() {
    given(node("a/n1").cpu(2), node("b/n1").cpu(2));
    assertThat(plan(demand("p1", 1), demand("p2", 1), demand("p3", 1), demand("p4", 1)))
        .containsExactly(placed("a/n1"), placed("a/n1"), placed("b/n1"), placed("b/n1"));
  }

  @DisplayName("two_and_two_run_and_sixteen_wait_when_twenty_pods_meet_four_cores") // karmada#1385
  @Test
  void twenty() {
    given(node("a/n1").cpu(2), node("b/n1").cpu(2));
    var demands = new ArrayList<Demand>();
    for (int i = 0; i < 20; i++) {
      demands.add(demand("p" + i, 1));
    }
    assertThat(Placement.plan(demands, ledger))
        .satisfies(all -> assertThat(all.stream().filter(placed("a/n1")::equals)).hasSize(2))
        .satisfies(all -> assertThat(all.stream().filter(placed("b/n1")::equals)).hasSize(2))
        .satisfies(
            all -> assertThat(all.stream().filter(Decision.Waits.class::isInstance)).hasSize(16));
  }

  @DisplayName("pod_that_fits_nowhere_now_waits_with_its_slot_held_and_the_schedulers_words")
  @Test
  void waits() {
    given(node("a/n1").cpu(4), node("a/n2").cpu(2), node("b/n1").cpu(8).cordoned());
    ledger.setPod("a", pod("x").on("n1").cpu(3).build());
    assertThat(plan(demand("p", 4)))
        .containsExactly(
            new Decision.Waits(
                Optional.of(key("a/n1")),
                "0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable."));
  }

  @DisplayName("waiting_pod_is_held_where_it_lacks_least_of_whatever_resource")
  @Test
  void lacksLeast() {
    given(
        node("a/n1").cpu(64).with("nvidia.com/gpu", 8),
        node("b/n1").cpu(8).with("nvidia.com/gpu", 8));
    ledger.setPod("a", pod("x").on("n1").requesting(resources("nvidia.com/gpu", "8")).build());
    ledger.setPod(
        "b", pod("y").on("n1").requesting(resources("cpu", "3", "nvidia.com/gpu", "2")).build());
    var demand =
        new Demand("p", resources("cpu", "6", "nvidia.com/gpu", "4"), NodeRequirements.NONE);
    assertThat(held(plan(demand).get(0))).contains(key("b/n1"));
  }

  @DisplayName("nothing_younger_takes_what_an_older_pod_waits_for")
  @Test
  void heldAgainstYounger() {
    given(node("a/n1").cpu(8));
    ledger.setPod("a", pod("x").on("n1").cpu(1).build());
    assertThat(plan(demand("wide", 8), demand("small", 1)))
        .satisfiesExactly(
            wide -> assertThat(held(wide)).contains(key("a/n1")),
            small ->
                assertThat(small)
                    .isEqualTo(
                        new Decision.Waits(
                            Optional.of(key("a/n1")),
                            "0/1 nodes are available: 1 node(s) held for an earlier pod.")));
  }

  @DisplayName("younger_pod_takes_what_a_held_node_has_left_over")
  @Test
  void besideHeld() {
    given(node("a/n1").cpu(64).with("nvidia.com/gpu", 1));
    ledger.setPod("a", pod("x").on("n1").requesting(resources("nvidia.com/gpu", "1")).build());
    var gpu =
        new Demand("gpu", resources("cpu", "4", "nvidia.com/gpu", "1"), NodeRequirements.NONE);
    assertThat(plan(gpu, demand("small", 60), demand("late", 1)))
        .satisfiesExactly(
            first -> assertThat(first).isInstanceOf(Decision.Waits.class),
            second -> assertThat(second).isEqualTo(placed("a/n1")),
            third -> assertThat(third).isInstanceOf(Decision.Waits.class));
  }

  @DisplayName("wide_pod_gets_its_slot_although_small_ones_keep_arriving")
  @Test
  void wideGetsItsSlot() {
    given(node("a/n1").cpu(8), node("b/n1").cpu(8));
    var running = new ArrayList<String>();
    for (int i = 0; i < 16; i++) {
      run("old" + i, i % 2 == 0 ? "a/n1" : "b/n1");
      running.add("old" + i);
    }
    for (int step = 0; step < 16; step++) {
      var ended = running.remove(0);
      ledger.removePod(ledger.slot(ended).orElseThrow().member(), "delegate of " + ended);
      ledger.uncount(ended);
      ledger.count("wide", cores(8));
      var small = "new" + step;
      ledger.count(small, cores(1));
      var decisions = plan(demand("wide", 8), demand(small, 1));
      if (decisions.get(1) instanceof Decision.Placed placed) {
        run(small, placed.node().toString());
        running.add(small);
      } else {
        ledger.uncount(small);
      }
      if (decisions.get(0) instanceof Decision.Placed) {
        return;
      }
    }
    throw new AssertionError("the wide pod starves");
  }

  @DisplayName("pod_never_fits_when_no_node_would_have_room_even_if_empty")
  @Test
  void neverFits() {
    given(node("a/n1").cpu(4), node("b/n1").cpu(8).cordoned());
    assertThat(plan(demand("p", 9)))
        .containsExactly(
            new Decision.NeverFits(
                "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."));
    assertThat(plan(demand("p", 8)).get(0)).isInstanceOf(Decision.Waits.class);
  }

  @DisplayName("fifty_pods_too_large_for_any_node_leave_one_that_fits_its_room") // liqo#2712
  @Test
  void giantsBlockNobody() {
    given(node("a/n1").cpu(4), node("a/n2").cpu(4));
    var demands = new ArrayList<Demand>();
    for (int i = 0; i < 50; i++) {
      demands.add(demand("giant" + i, 6));
    }
    demands.add(demand("p", 4));
    var decisions = Placement.plan(demands, ledger);
    assertThat(decisions.subList(0, 50)).allMatch(Decision.NeverFits.class::isInstance);
    assertThat(decisions.get(50)).isEqualTo(placed("a/n1"));
  }

  @DisplayName("node_that_the_configuration_shuts_out_is_no_place_where_a_pod_could_ever_fit")
  @Test
  void shutOut() {
    given(node("a/control-plane").cpu(64).shutOut(), node("a/n1").cpu(8));
    assertThat(plan(demand("p", 9)).get(0)).isInstanceOf(Decision.NeverFits.class);
  }

  @DisplayName("pod_waits_when_no_node_is_known_at_all")
  @Test
  void nothingKnown() {
    assertThat(plan(demand("p", 9)))
        .containsExactly(new Decision.Waits(Optional.empty(), "0/0 nodes are available."));
  }

  @DisplayName("pod_waits_without_a_node_when_none_that_could_take_it_is_usable")
  @Test
  void noneUsable() {
    given(node("a/n1").cpu(4), node("b/n1").cpu(8).cordoned());
    assertThat(held(plan(demand("p", 8)).get(0))).isEmpty();
  }

  @DisplayName("pod_goes_only_where_its_requirements_allow")
  @Test
  void requirements() {
    given(node("a/n1").cpu(4), node("a/n2").cpu(8).label("disk", "ssd"));
    var ssd = new NodeRequirements(Map.of("disk", "ssd"), List.of());
    assertThat(plan(new Demand("p", cores(1), ssd))).containsExactly(placed("a/n2"));
    assertThat(held(plan(new Demand("p", cores(8), ssd), new Demand("q", cores(8), ssd)).get(1)))
        .contains(key("a/n2"));
    var tape = new NodeRequirements(Map.of("disk", "tape"), List.of());
    assertThat(plan(new Demand("p", cores(1), tape)))
        .containsExactly(
            new Decision.NeverFits(
                "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."));
  }

  @DisplayName("stale_member_gets_nothing_new")
  @Test
  void stale() {
    given(node("a/n1").cpu(4));
    ledger.setFresh("a", false);
    assertThat(plan(demand("p", 1)).get(0)).isInstanceOf(Decision.Waits.class);
  }

  @DisplayName("pods_fill_a_quota_and_then_go_elsewhere")
  @Test
  void quota() {
    given(node("a/n1").cpu(4), node("b/n1").cpu(8));
    ledger.setQuota("a", Optional.of(cores(2)));
    assertThat(plan(demand("p1", 1), demand("p2", 1), demand("p3", 1)))
        .containsExactly(placed("a/n1"), placed("a/n1"), placed("b/n1"));
  }

  @DisplayName("quota_counts_for_all_nodes_of_its_member_together")
  @Test
  void quotaOfAllNodes() {
    given(node("a/n1").cpu(4), node("a/n2").cpu(4));
    ledger.setQuota("a", Optional.of(cores(5)));
    assertThat(plan(demand("p1", 3), demand("p2", 3)))
        .satisfiesExactly(
            first -> assertThat(first).isEqualTo(placed("a/n1")),
            second ->
                assertThat(second)
                    .isEqualTo(
                        new Decision.Waits(
                            Optional.of(key("a/n2")),
                            "0/2 nodes are available: 1 Insufficient cpu,"
                                + " 1 node(s) of a member with insufficient quota of cpu.")));
  }

  @DisplayName("younger_pod_does_not_take_the_quota_that_an_older_one_waits_for")
  @Test
  void quotaHeld() {
    given(node("a/n1").cpu(8), node("a/n2").cpu(8));
    ledger.setQuota("a", Optional.of(cores(6)));
    ledger.setPod("a", pod("x").cpu(2).underQuota().build());
    assertThat(plan(demand("wide", 5), demand("small", 1)))
        .allMatch(Decision.Waits.class::isInstance);
  }

  @DisplayName("pod_never_fits_when_the_whole_quota_is_smaller")
  @Test
  void beyondQuota() {
    given(node("a/n1").cpu(8));
    ledger.setQuota("a", Optional.of(cores(2)));
    assertThat(plan(demand("p", 3)).get(0)).isInstanceOf(Decision.NeverFits.class);
  }

  @DisplayName("request_of_nothing_fits_an_over_full_node")
  @Test
  void bestEffort() {
    given(node("a/n1").cpu(2));
    ledger.setPod("a", pod("x").on("n1").cpu(3).build());
    assertThat(plan(new Demand("p", Resources.NONE, NodeRequirements.NONE)))
        .containsExactly(placed("a/n1"));
  }

  @DisplayName("plan_changes_nothing_in_the_ledger")
  @Test
  void pure() {
    given(node("a/n1").cpu(2));
    ledger.count("p", cores(1));
    plan(demand("p", 1));
    assertThat(ledger.slot("p")).isEmpty();
    assertThat(ledger.use(key("a/n1")).orElseThrow().free()).isEqualTo(cores(2));
  }

  @DisplayName("nodes_of_a_retired_member_are_none_that_a_pod_could_ever_fit")
  @Test
  void retired() {
    given(node("a/n1").cpu(4), node("b/n1").cpu(64));
    ledger.setRetired("b", true);
    assertThat(plan(demand("p", 9)))
        .containsExactly(new Decision.NeverFits("0/1 nodes are available: 1 Insufficient cpu."));
    ledger.setRetired("b", false);
    assertThat(plan(demand("p", 9))).containsExactly(placed("b/n1"));
  }

  @DisplayName("pod_that_would_fit_a_drained_member_waits_and_holds_nothing_there")
  @Test
  void drained() {
    given(node("a/n1").cpu(4), node("b/n1").cpu(64));
    ledger.setDraining("b", true);
    assertThat(plan(demand("p", 9)))
        .containsExactly(
            new Decision.Waits(
                Optional.empty(),
                "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) of a member that is drained."));
    ledger.count("q", cores(3));
    ledger.reserve("q", key("a/n1"));
    assertThat(plan(demand("p", 2)).get(0))
        .isInstanceOfSatisfying(
            Decision.Waits.class, waits -> assertThat(waits.held()).contains(key("a/n1")));
  }

  @DisplayName("pod_waits_when_all_members_are_retired_and_nothing_else_is_known")
  @Test
  void allRetired() {
    given(node("a/n1").cpu(4));
    ledger.setRetired("a", true);
    assertThat(plan(demand("p", 1)))
        .containsExactly(new Decision.Waits(Optional.empty(), "0/0 nodes are available."));
  }

  @DisplayName("pod_that_asks_for_no_gpu_takes_a_node_without_one_first")
  @Test
  void gpuLast() {
    given(node("a/n1").cpu(2).with("nvidia.com/gpu", 1), node("b/n1").cpu(8));
    assertThat(plan(demand("p", 2), demand("q", 7)))
        .satisfiesExactly(
            first -> assertThat(first).isEqualTo(placed("b/n1")),
            second -> assertThat(held(second)).contains(key("b/n1")));
    assertThat(plan(demand("p", 8), demand("q", 2)))
        .containsExactly(placed("b/n1"), placed("a/n1"));
    var gpu = new Demand("g", resources("cpu", "1", "nvidia.com/gpu", "1"), NodeRequirements.NONE);
    assertThat(plan(gpu)).containsExactly(placed("a/n1"));
  }

  @DisplayName("spread_takes_the_node_with_the_largest_free_share_of_cpu_and_memory")
  @Test
  void spread() {
    given(node("a/n1").cpu(8).with("memory", 100), node("b/n1").cpu(4).with("memory", 100));
    ledger.setPod("a", pod("x").on("n1").cpu(3).build()); // 5/8 and all; b: all
    var placement = new Placement(ledger, Strategy.SPREAD);
    var demands = List.of(demand("p", 2), demand("q", 1));
    assertThat(placement.plan(demands)).containsExactly(placed("b/n1"), placed("a/n1"));
    ledger.setPod("b", pod("y").on("n1").requesting(resources("memory", "60")).build());
    assertThat(placement.plan(demands)).containsExactly(placed("a/n1"), placed("b/n1"));
  }

  @DisplayName("weighted_takes_the_members_of_greater_weight_first_and_packs_within_them")
  @Test
  void weighted() {
    given(node("a/n1").cpu(2), node("b/n1").cpu(8), node("b/n2").cpu(4), node("c/n1").cpu(1));
    var placement = new Placement(ledger, Strategy.WEIGHTED);
    placement.setWeights(Map.of("b", 10, "c", -1));
    assertThat(placement.plan(List.of(demand("p", 1)))).containsExactly(placed("b/n2"));
    placement.setWeights(Map.of("a", 1));
    assertThat(placement.plan(List.of(demand("p", 1), demand("q", 3))))
        .containsExactly(placed("a/n1"), placed("b/n2"));
  }

  @DisplayName("demand_of_a_scope_goes_to_its_nodes_only_and_is_judged_by_them_only")
  @Test
  void scopes() {
    given(node("a/n1").cpu(1), node("a/n2").cpu(4), node("b/n1").cpu(8));
    assertThat(plan(scoped("p", 1, new Scope.OfMember("b")))).containsExactly(placed("b/n1"));
    assertThat(plan(scoped("p", 1, new Scope.OfNode(key("a/n2"))))).containsExactly(placed("a/n2"));
    assertThat(plan(scoped("p", 5, new Scope.OfMember("a"))))
        .containsExactly(new Decision.NeverFits("0/2 nodes are available: 2 Insufficient cpu."));
    assertThat(plan(scoped("p", 5, new Scope.OfNode(key("a/n2")))))
        .containsExactly(new Decision.NeverFits("0/1 nodes are available: 1 Insufficient cpu."));
    assertThat(plan(scoped("p", 1, new Scope.OfNode(key("a/n9")))))
        .containsExactly(new Decision.Waits(Optional.empty(), "0/0 nodes are available."));
  }

  @DisplayName("room_that_is_collected_for_a_pod_is_given_to_that_pod_only")
  @Test
  void claimed() {
    given(node("a/n1").cpu(8), node("b/n1").cpu(12));
    ledger.withhold("wide", key("b/n1"), cores(10));
    ledger.count("wide", cores(10)); // bound by now
    assertThat(plan(demand("p", 3))).containsExactly(placed("a/n1"));
    assertThat(plan(demand("p", 9)))
        .containsExactly(
            new Decision.Waits(
                Optional.of(key("b/n1")),
                "0/2 nodes are available: 1 Insufficient cpu,"
                    + " 1 node(s) with room collected for another pod."));
    assertThat(plan(demand("wide", 3)))
        .as("even where others fit better")
        .containsExactly(placed("b/n1"));
    ledger.setPod("b", pod("x").on("n1").cpu(3).build());
    assertThat(plan(demand("wide", 10), demand("p", 1)))
        .satisfiesExactly(
            wide -> assertThat(held(wide)).contains(key("b/n1")),
            small -> assertThat(small).isEqualTo(placed("a/n1")));
  }

  @DisplayName("older_pod_that_waits_does_not_keep_another_from_what_is_collected_for_it")
  @Test
  void claimBeforeHold() {
    given(node("a/n1").cpu(8));
    ledger.withhold("wide", key("a/n1"), cores(8));
    ledger.count("wide", cores(8)); // bound by now
    assertThat(plan(demand("older", 1), demand("wide", 8)))
        .satisfiesExactly(
            first -> assertThat(held(first)).contains(key("a/n1")),
            second -> assertThat(second).isEqualTo(placed("a/n1")));
    ledger.setQuota("a", Optional.of(cores(8)));
    assertThat(plan(demand("older", 1), demand("wide", 8)).get(1)).isEqualTo(placed("a/n1"));
  }

  @DisplayName(
      "bound_pod_gets_what_is_collected_for_an_unbound_one_only_where_nothing_else_will_do")
  @Test
  void nothingElse() {
    given(node("a/n1").cpu(8), node("b/n1").cpu(8).label("disk", "ssd"));
    ledger.setPod("b", pod("x").on("n1").cpu(7).build());
    ledger.setPod("a", pod("y").on("n1").cpu(8).build());
    ledger.withhold("wide", key("b/n1"), cores(8));
    assertThat(plan(demand("p", 1)))
        .as("it can wait on a/n1")
        .allSatisfy(decision -> assertThat(held(decision)).contains(key("a/n1")));
    assertThat(plan(scoped("p", 1, new Scope.OfNode(key("b/n1"))))).containsExactly(placed("b/n1"));
    assertThat(plan(scoped("p", 1, ofBoth()), scoped("q", 1, new Scope.OfNode(key("b/n1")))))
        .last()
        .isEqualTo(placed("b/n1"));
    assertThat(plan(scoped("p", 2, new Scope.OfNode(key("b/n1")))))
        .as("no more than there is")
        .allSatisfy(decision -> assertThat(held(decision)).contains(key("b/n1")));
    ledger.count("wide", cores(8));
    assertThat(plan(scoped("p", 1, new Scope.OfNode(key("b/n1")))))
        .as("the other is bound as well")
        .allSatisfy(decision -> assertThat(held(decision)).contains(key("b/n1")));
  }

  private static Scope ofBoth() {
    return new Scope.AnyOf(Set.of(new Scope.OfMember("a"), new Scope.OfNode(key("b/n1"))));
  }

  @DisplayName("demand_on_several_parts_goes_to_any_of_their_nodes_and_to_no_other")
  @Test
  void anyOf() {
    given(node("a/n1").cpu(1), node("a/n2").cpu(2), node("b/n1").cpu(4), node("c/n1").cpu(9));
    assertThat(plan(scoped("p", 3, ofBoth()))).containsExactly(placed("b/n1"));
    assertThat(plan(scoped("p", 2, ofBoth()))).containsExactly(placed("a/n2"));
    assertThat(plan(scoped("p", 5, ofBoth())))
        .containsExactly(new Decision.NeverFits("0/3 nodes are available: 3 Insufficient cpu."));
    assertThat(plan(scoped("p", 1, new Scope.AnyOf(Set.of(new Scope.OfMember("z"))))))
        .allSatisfy(decision -> assertThat(decision).isInstanceOf(Decision.Waits.class));
  }

  @DisplayName("what_is_collected_for_a_pod_is_not_held_for_it_a_second_time")
  @Test
  void claimedAndHeld() {
    given(node("a/n1").cpu(8).with("memory", 10));
    ledger.setPod("a", pod("x").on("n1").cpu(3).build());
    ledger.withhold("wide", key("a/n1"), resources("cpu", "6", "memory", "4"));
    var wide = new Demand("wide", resources("cpu", "6", "memory", "4"), NodeRequirements.NONE);
    var beside = new Demand("p", resources("memory", "6"), NodeRequirements.NONE);
    assertThat(plan(wide, beside))
        .satisfiesExactly(
            first -> assertThat(held(first)).contains(key("a/n1")),
            second -> assertThat(second).isEqualTo(placed("a/n1")));
  }

  @DisplayName("message_counts_nodes_by_reason_in_the_schedulers_words")
  @Test
  void words() {
    given(
        node("a/n1").cpu(1).with("pods", 0).label("disk", "ssd"),
        node("a/n2").cpu(9).with("pods", 9),
        node("b/n1").cpu(9).label("disk", "ssd").hindered("node(s) had untolerated taint {a: b}"),
        node("b/n2").cpu(9).label("disk", "ssd").cordoned(),
        node("c/n1").cpu(9).label("disk", "ssd"));
    ledger.setFresh("c", false);
    var demand =
        new Demand(
            "p",
            resources("cpu", "2", "pods", "1"),
            new NodeRequirements(Map.of("disk", "ssd"), List.of()));
    var explanation = new Placement(ledger, Strategy.PACK).explain(demand);
    assertThat(explanation)
        .hasToString(
            "0/5 nodes are available: 1 Insufficient cpu, 1 Too many pods,"
                + " 1 node(s) didn't match Pod's node affinity/selector,"
                + " 1 node(s) had untolerated taint {a: b},"
                + " 1 node(s) of a member not heard of recently,"
                + " 1 node(s) were unschedulable.");
    assertThat(explanation.members().get("a"))
        .hasToString(
            "0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods,"
                + " 1 node(s) didn't match Pod's node affinity/selector.");
    assertThat(explanation.members()).containsOnlyKeys("a", "b", "c");
  }

  @DisplayName("explanation_of_a_pod_that_fits_says_how_many_nodes_have_room")
  @Test
  void available() {
    given(node("a/n1").cpu(1), node("a/n2").cpu(9));
    assertThat(new Placement(ledger, Strategy.PACK).explain(demand("p", 2)))
        .hasToString("1/2 nodes are available: 1 Insufficient cpu.");
  }

  @DisplayName("message_stays_while_the_kind_of_decision_does_and_is_true_again_when_it_changes")
  @Test
  void messageStays() {
    given(node("a/n1").cpu(4));
    ledger.setPod("a", pod("x").on("n1").cpu(4).build());
    var placement = new Placement(ledger, Strategy.PACK);
    var first = placement.decide(demand("p", 2), Optional.empty());
    given(node("a/n2").cpu(4).cordoned());
    placement.releaseHeld();
    assertThat(placement.decide(demand("p", 2), Optional.of(first))).isEqualTo(first);
    given(node("a/n1").cpu(1), node("a/n2").cpu(1));
    placement.releaseHeld();
    assertThat(placement.decide(demand("p", 2), Optional.of(first)))
        .isEqualTo(new Decision.NeverFits("0/2 nodes are available: 2 Insufficient cpu."));
  }

  @DisplayName("pod_is_held_where_it_was_before_unless_another_node_lacks_less")
  @Test
  void heldAsBefore() {
    given(node("a/n1").cpu(4), node("b/n1").cpu(4));
    ledger.setPod("a", pod("x").on("n1").cpu(3).build());
    ledger.setPod("b", pod("x").on("n1").cpu(3).build());
    var placement = new Placement(ledger, Strategy.PACK);
    var before = Optional.<Decision>of(new Decision.Waits(Optional.of(key("b/n1")), ""));
    assertThat(held(placement.decide(demand("p", 4), before))).contains(key("b/n1"));
    placement.releaseHeld();
    ledger.setPod("a", pod("x").on("n1").cpu(2).build());
    assertThat(held(placement.decide(demand("p", 4), before))).contains(key("a/n1"));
  }

  @DisplayName("what_is_held_stays_held_until_it_is_released_whatever_the_ledger_is_told")
  @Test
  void heldMeanwhile() {
    given(node("a/n1").cpu(4));
    ledger.setPod("a", pod("x").on("n1").cpu(4).build());
    var placement = new Placement(ledger, Strategy.PACK);
    placement.decide(demand("old", 2), Optional.empty());
    assertThat(placement.hasGrown()).isFalse();
    ledger.setPod("a", pod("x").on("n1").cpu(2).build());
    assertThat(placement.hasGrown()).isTrue();
    assertThat(placement.decide(demand("young", 1), Optional.empty()))
        .isInstanceOf(Decision.Waits.class);
    placement.releaseHeld();
    assertThat(placement.hasGrown()).isFalse();
    assertThat(placement.decide(demand("old", 2), Optional.empty())).isEqualTo(placed("a/n1"));
    assertThat(ledger.drift()).isZero();
  }

  @DisplayName("nothing_has_grown_when_room_or_quota_only_shrinks")
  @Test
  void notGrown() {
    given(node("a/n1").cpu(4));
    ledger.setQuota("a", Optional.of(cores(9)));
    var placement = new Placement(ledger, Strategy.PACK);
    placement.releaseHeld();
    ledger.setPod("a", pod("x").on("n1").cpu(2).underQuota().build());
    ledger.setFresh("a", false);
    assertThat(placement.hasGrown()).isFalse();
    ledger.setFresh("a", true);
    assertThat(placement.hasGrown()).isTrue();
    placement.releaseHeld();
    ledger.setQuota("a", Optional.of(cores(10)));
    assertThat(placement.hasGrown()).isTrue();
    placement.releaseHeld();
    ledger.setQuota("a", Optional.empty());
    assertThat(placement.hasGrown()).isTrue();
  }

  private void given(NodeGiven... nodes) {
    for (var node : nodes) {
      ledger.setNode(node.build());
      ledger.setFresh(node.build().key().member(), true);
    }
  }

  private void run(String proxy, String node) {
    ledger.count(proxy, cores(1));
    ledger.reserve(proxy, key(node));
    var delegate = pod("delegate of " + proxy).on(key(node).node()).cpu(1).delegateOf(proxy);
    ledger.setPod(key(node).member(), delegate.build());
  }

  private List<Decision> plan(Demand... demands) {
    return Placement.plan(List.of(demands), ledger);
  }

  private static Demand demand(String proxy, int cores) {
    return new Demand(proxy, cores(cores), NodeRequirements.NONE);
  }

  private static Demand scoped(String proxy, int cores, Scope scope) {
    return new Demand(proxy, cores(cores), NodeRequirements.NONE, scope);
  }

  private static Decision placed(String node) {
    return new Decision.Placed(key(node));
  }

  private static Optional<NodeKey> held(Decision decision) {
    return decision instanceof Decision.Waits waits ? waits.held() : Optional.empty();
  }
}
