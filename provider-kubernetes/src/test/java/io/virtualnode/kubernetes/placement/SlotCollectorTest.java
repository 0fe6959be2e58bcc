package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static io.virtualnode.kubernetes.capacity.Given.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.capacity.Given.NodeGiven;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.placement.SlotCollector.Claim;
import io.virtualnode.kubernetes.placement.SlotCollector.Setting;
import io.virtualnode.kubernetes.placement.SlotCollector.Steps;
import io.virtualnode.kubernetes.placement.SlotCollector.Unbound;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SlotCollectorTest {

  private static final Setting SETTING = new Setting(60, 2, 300, 300);

  private final Ledger ledger = new Ledger();
  private final Placement placement = new Placement(ledger, Strategy.PACK);
  private final SlotCollector collector = new SlotCollector(ledger, placement);

  @AfterEach
  void recountAgrees() {
    assertThat(ledger.drift()).isZero();
  }

  @DisplayName("slot_is_collected_where_least_is_lacking_once_the_pod_has_waited_long_enough")
  @Test
  void collects() {
    full("a/n1", 7);
    full("a/n2", 5);
    full("b/n1", 8);
    assertThat(decide(59, wide("w", 0)).make()).isEmpty();
    assertThat(decide(60, wide("w", 0)).make())
        .isEqualTo(Map.of("w", new Claim(key("a/n2"), cores(8))));
    assertThat(decide(60, wide("w", 1)).make()).isEmpty();
  }

  @DisplayName("freed_cores_are_withheld_until_the_slot_is_whole_and_then_offered_at_once")
  @Test
  void offered() {
    full("a/n1", 8);
    full("b/n1", 8);
    apply(60, wide("w", 0));
    assertThat(ledger.offer()).isEqualTo(cores(0));
    for (int i = 0; i < 7; i++) {
      ledger.removePod("a", "a/n1-" + i);
      assertThat(apply(60, wide("w", 0)).whole()).isEmpty();
      assertThat(ledger.offer()).as("after %d cores", i + 1).isEqualTo(cores(0));
      assertThat(decideFor("small", 1)).isInstanceOf(Decision.Waits.class);
      placement.releaseHeld();
    }
    ledger.removePod("a", "a/n1-7");
    assertThat(apply(60, wide("w", 0)).whole()).containsExactly("w");
    assertThat(ledger.offer()).isEqualTo(cores(8));
    assertThat(decideFor("small", 1)).isInstanceOf(Decision.Waits.class);
    placement.releaseHeld();
    assertThat(decideFor("w", 8)).isEqualTo(new Decision.Placed(key("a/n1")));
  }

  @DisplayName("slot_that_ends_is_kept_whole_for_a_pod_of_higher_priority_and_what_drained_is_used")
  @Test
  void passedOn() {
    full("a/n1", 6);
    wideRunsOn("a/n2");
    apply(60, wideFirst("w", 0, 1));
    assertThat(claimedBy("w")).isEqualTo("a/n1");
    assertThat(ledger.offer()).isEqualTo(cores(0));

    end("a/n2");

    assertThat(claimedBy("w")).isEqualTo("a/n2");
    assertThat(ledger.offer()).as("until the pod is nominated").isEqualTo(cores(2));
    assertThat(apply(61, wideFirst("w", 0, 1)).whole()).containsExactly("w");
    ledger.setOffered("w", true);
    assertThat(ledger.offer()).isEqualTo(cores(10));
  }

  @DisplayName("slot_that_ends_is_offered_if_nobody_of_higher_priority_has_waited_long_enough")
  @Test
  void notPassedOn() {
    full("a/n1", 6);
    wideRunsOn("a/n2");
    apply(60, wide("equal", 0), wideFirst("young", 1, 1));

    end("a/n2");

    assertThat(claimedBy("equal")).isEqualTo("a/n1");
    assertThat(ledger.claim("young")).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(8));
  }

  @DisplayName("slots_that_end_go_to_one_after_the_other_by_priority_and_age")
  @Test
  void passedOnInTurn() {
    wideRunsOn("a/n1");
    wideRunsOn("a/n2");
    wideRunsOn("a/n3");
    decideDrainingNone(100, wideFirst("b", 2, 1), wideFirst("a", 3, 2), wideFirst("c", 1, 1));

    end("a/n1");
    assertThat(claimedBy("a")).isEqualTo("a/n1");
    end("a/n2");
    assertThat(claimedBy("c")).isEqualTo("a/n2");
    assertThat(ledger.claim("b")).isEmpty();
    end("a/n3");
    assertThat(claimedBy("b")).isEqualTo("a/n3");
    assertThat(ledger.offer()).isEqualTo(cores(0));
  }

  @DisplayName("slot_that_ends_goes_to_the_next_when_the_first_is_bound_or_fits_no_node")
  @Test
  void passedOnToTheNext() {
    full("a/n1", 0);
    wideRunsOn("a/n2");
    var giant = new Unbound(demand("giant", 9), 0, 3);
    decideDrainingNone(100, giant, wideFirst("bound", 0, 2), wideFirst("next", 0, 1));
    ledger.count("bound", cores(8));
    ledger.reserve("bound", key("a/n1"));

    end("a/n2");

    assertThat(ledger.claims()).containsOnlyKeys("next");
  }

  @DisplayName("part_of_a_slot_that_ends_is_not_passed_on")
  @Test
  void partIsNotPassedOn() {
    full("a/n1", 1);
    ledger.setPod("a", pod("on-a/n1").on("n1").cpu(7).build());
    decideDrainingNone(100, wideFirst("w", 0, 1));

    end("a/n1");

    assertThat(ledger.claim("w")).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(7));
  }

  @DisplayName("room_that_was_there_before_a_slot_ended_is_left_to_the_scheduler")
  @Test
  void hadRoom() {
    full("a/n1", 0);
    wideRunsOn("a/n2");
    apply(60, wideFirst("w", 0, 1));

    end("a/n2");

    assertThat(ledger.claim("w")).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(16));
  }

  @DisplayName("pod_whose_slot_is_whole_keeps_it_until_the_next_decision_says_it_no_longer_is")
  @Test
  void wholeIsNotMoved() {
    full("a/n1", 1);
    wideRunsOn("a/n2");
    apply(60, wideFirst("w", 0, 1));
    ledger.removePod("a", "a/n1-0");
    assertThat(apply(61, wideFirst("w", 0, 1)).whole()).containsExactly("w");
    ledger.setPod("a", pod("other").on("n1").cpu(1).build());

    end("a/n2");

    assertThat(claimedBy("w")).isEqualTo("a/n1");
    assertThat(ledger.offer()).isEqualTo(cores(8));
  }

  @DisplayName("nothing_is_passed_on_to_a_pod_that_is_gone_or_after_it_is_turned_off")
  @Test
  void noHeirs() {
    wideRunsOn("a/n1");
    decideDrainingNone(100, wideFirst("w", 0, 1));
    decideDrainingNone(101);

    end("a/n1");

    assertThat(ledger.claims()).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(8));
  }

  @DisplayName("what_was_passed_on_is_given_back_when_the_pod_is_gone_or_it_is_turned_off")
  @Test
  void passedOnAndGone() {
    wideRunsOn("a/n1");
    decideDrainingNone(100, wideFirst("w", 0, 1));
    end("a/n1");
    assertThat(ledger.offer()).isEqualTo(cores(0));

    decideDrainingNone(101);

    assertThat(ledger.claims()).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(8));
  }

  @DisplayName("what_was_passed_on_is_given_back_when_its_node_is_not_usable_any_more")
  @Test
  void passedOnAndUnusable() {
    wideRunsOn("a/n1");
    decideDrainingNone(100, wideFirst("w", 0, 1));
    end("a/n1");
    ledger.setNode(node("a/n1").cpu(8).cordoned().build());

    decideDrainingNone(101, wideFirst("w", 0, 1));

    assertThat(ledger.claims()).isEmpty();
  }

  @DisplayName("slot_passed_on_in_vain_is_given_back_and_the_pod_gets_no_other_that_way")
  @Test
  void passedOnInVain() {
    wideRunsOn("a/n1");
    wideRunsOn("a/n2");
    decideDrainingNone(100, wideFirst("w", 0, 1));
    end("a/n1");
    decideDrainingNone(101, wideFirst("w", 0, 1));
    decideDrainingNone(400, wideFirst("w", 0, 1));
    assertThat(claimedBy("w")).isEqualTo("a/n1");
    decideDrainingNone(401, wideFirst("w", 0, 1));
    assertThat(ledger.claims()).isEmpty();
    full("a/n1", 8);

    decideDrainingNone(999, wideFirst("w", 0, 1));
    end("a/n2");

    assertThat(ledger.claims()).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(8));
  }

  @DisplayName("small_pods_go_on_elsewhere_while_a_slot_is_collected")
  @Test
  void elsewhere() {
    full("a/n1", 7);
    full("b/n1", 8);
    apply(60, wide("w", 0));
    assertThat(ledger.offer()).isEqualTo(cores(0));
    ledger.removePod("b", "b/n1-0");
    assertThat(ledger.offer()).isEqualTo(cores(1));
    assertThat(decideFor("small", 1)).isEqualTo(new Decision.Placed(key("b/n1")));
  }

  @DisplayName("pod_that_some_node_has_room_for_needs_no_claim")
  @Test
  void fits() {
    full("a/n1", 3);
    full("b/n1", 0);
    assertThat(decide(100, wide("w", 0)).make()).isEmpty();
  }

  @DisplayName("nothing_is_collected_for_a_pod_that_no_node_could_ever_take")
  @Test
  void giant() {
    full("a/n1", 3);
    var giant = new Unbound(demand("w", 9), 0, 0);
    assertThat(decide(100, giant).make()).isEmpty();
  }

  @DisplayName("claim_stays_where_it_is_although_another_node_lacks_less_by_now")
  @Test
  void stays() {
    full("a/n1", 7);
    full("b/n1", 8);
    apply(60, wide("w", 0));
    for (int i = 0; i < 4; i++) {
      ledger.removePod("b", "b/n1-" + i);
    }
    assertThat(apply(61, wide("w", 0)).isNothing()).isTrue();
    assertThat(claimedBy("w")).isEqualTo("a/n1");
  }

  @DisplayName("claim_ends_when_the_pod_is_gone_or_bound_elsewhere")
  @Test
  void gone() {
    full("a/n1", 7);
    apply(60, wide("w", 0));
    assertThat(apply(61).drop()).containsExactly("w");
    assertThat(ledger.claim("w")).isEmpty();
    assertThat(ledger.offer()).isEqualTo(cores(1));
  }

  @DisplayName("claim_stays_while_the_pod_is_bound_to_us_and_ends_with_its_slot")
  @Test
  void boundToUs() {
    full("a/n1", 7);
    apply(60, wide("w", 0));
    ledger.count("w", cores(8));
    assertThat(apply(61).isNothing()).isTrue();
    assertThat(claimedBy("w")).isEqualTo("a/n1");
    for (int i = 0; i < 7; i++) {
      ledger.removePod("a", "a/n1-" + i);
    }
    ledger.reserve("w", key("a/n1"));
    assertThat(ledger.claim("w")).isEmpty();
  }

  @DisplayName("another_node_is_taken_when_the_claimed_one_is_not_usable_any_more")
  @Test
  void unusable() {
    full("a/n1", 7);
    full("b/n1", 8);
    apply(60, wide("w", 0));
    ledger.setNode(node("a/n1").cpu(8).cordoned().build());
    var steps = apply(61, wide("w", 0));
    assertThat(steps.drop()).containsExactly("w");
    assertThat(claimedBy("w")).isEqualTo("b/n1");
    ledger.setFresh("b", false);
    apply(62, wide("w", 0));
    assertThat(ledger.claim("w")).isEmpty();
  }

  @DisplayName("the_urgent_come_first_then_the_oldest_and_no_more_at_once_than_set")
  @Test
  void order() {
    full("a/n1", 7);
    full("a/n2", 6);
    full("a/n3", 8);
    var steps =
        apply(100, wide("young", 20), new Unbound(demand("urgent", 8), 30, 5), wide("old", 10));
    assertThat(steps.make().keySet()).containsExactlyInAnyOrder("urgent", "old");
    assertThat(claimedBy("urgent")).isEqualTo("a/n2");
    assertThat(claimedBy("old")).isEqualTo("a/n1");
    assertThat(apply(100, wide("young", 20), wide("old", 10)).make().keySet())
        .containsExactly("young");
  }

  @DisplayName("one_node_collects_for_one_pod_only")
  @Test
  void oneEach() {
    full("a/n1", 7);
    assertThat(apply(100, wide("w1", 0), wide("w2", 1)).make().keySet()).containsExactly("w1");
    assertThat(apply(100, wide("w1", 0), wide("w2", 1)).isNothing()).isTrue();
  }

  @DisplayName("whole_slot_is_left_to_others_for_as_long_as_nobody_has_taken_it")
  @Test
  void patience() {
    full("a/n1", 7);
    apply(60, wide("w", 0));
    for (int i = 0; i < 7; i++) {
      ledger.removePod("a", "a/n1-" + i);
    }
    assertThat(apply(100, wide("w", 0)).whole()).containsExactly("w");
    assertThat(apply(399, wide("w", 0)).whole()).containsExactly("w");
    assertThat(apply(400, wide("w", 0)).drop()).containsExactly("w");
    assertThat(decideFor("small", 1)).isEqualTo(new Decision.Placed(key("a/n1")));
    ledger.setPod("a", pod("small").on("n1").cpu(1).build());
    assertThat(apply(699, wide("w", 0)).isNothing()).isTrue();
    assertThat(apply(700, wide("w", 0)).make()).containsOnlyKeys("w");
  }

  @DisplayName("patience_counts_from_when_the_slot_was_last_whole")
  @Test
  void patienceAgain() {
    full("a/n1", 0);
    ledger.withhold("w", key("a/n1"), cores(8));
    apply(100, wide("w", 0));
    ledger.setPod("a", pod("x").on("n1").cpu(1).build());
    apply(300, wide("w", 0));
    ledger.removePod("a", "x");
    apply(390, wide("w", 0));
    assertThat(apply(600, wide("w", 0)).whole()).containsExactly("w");
    assertThat(apply(690, wide("w", 0)).drop()).containsExactly("w");
  }

  @DisplayName("another_node_is_tried_when_nothing_ends_on_the_claimed_one_for_too_long")
  @Test
  void stuck() {
    full("a/n1", 8);
    full("b/n1", 8);
    apply(60, wide("w", 0));
    assertThat(claimedBy("w")).isEqualTo("a/n1");
    apply(100, wide("w", 0));
    ledger.removePod("a", "a/n1-0");
    assertThat(apply(399, wide("w", 0)).isNothing()).isTrue();
    assertThat(apply(698, wide("w", 0)).isNothing()).isTrue();
    apply(699, wide("w", 0));
    assertThat(claimedBy("w")).isEqualTo("b/n1");
  }

  @DisplayName("pod_bound_before_its_slot_is_whole_gets_the_whole_one_of_a_pod_that_is_not")
  @Test
  void exchange() {
    full("a/n1", 7);
    full("b/n1", 8);
    apply(60, wide("first", 0), wide("second", 0));
    for (int i = 0; i < 7; i++) {
      ledger.removePod("a", "a/n1-" + i);
    }
    ledger.removePod("b", "b/n1-0");
    ledger.count("second", cores(8)); // the scheduler sees the room of the first, and not whose
    apply(61, wide("first", 0));
    assertThat(claimedBy("second")).isEqualTo("a/n1");
    assertThat(claimedBy("first")).isEqualTo("b/n1");
    assertThat(decideFor("second", 8)).isEqualTo(new Decision.Placed(key("a/n1")));
  }

  @DisplayName("pod_bound_without_any_claim_gets_a_whole_slot_whose_pod_waits_for_another")
  @Test
  void exchangeForNothing() {
    full("a/n1", 8);
    full("b/n1", 8);
    var one = new Setting(60, 1, 300, 300);
    var both = List.of(wide("first", 0), wide("second", 0));
    collector.decide(both, 60, one).apply(ledger);
    assertThat(ledger.claims()).containsOnlyKeys("first");
    for (int i = 0; i < 8; i++) {
      ledger.removePod("a", "a/n1-" + i);
    }
    ledger.count("second", cores(8));
    collector.decide(List.of(wide("first", 0)), 61, one).apply(ledger);
    assertThat(decideFor("second", 8)).isEqualTo(new Decision.Placed(key("a/n1")));
    ledger.reserve("second", key("a/n1"));
    assertThat(ledger.claims()).isEmpty();
    collector.decide(List.of(wide("first", 0)), 62, one).apply(ledger);
    assertThat(ledger.claims()).containsOnlyKeys("first");
  }

  @DisplayName("claim_follows_the_request_when_the_pod_asks_for_another")
  @Test
  void resized() {
    full("a/n1", 7);
    apply(60, wide("w", 0));
    apply(61, new Unbound(demand("w", 6), 0, 0));
    assertThat(ledger.claim("w").orElseThrow().request()).isEqualTo(cores(6));
    assertThat(claimedBy("w")).isEqualTo("a/n1");
  }

  @DisplayName("slot_is_collected_only_where_the_pod_may_run_and_in_its_scope")
  @Test
  void where() {
    full("a/n1", 7);
    full("b/n1", 8);
    var scope = new Scope.OfMember("b");
    var inB = new Demand("w", cores(8), NodeRequirements.NONE, scope);
    assertThat(decide(60, new Unbound(inB, 0, 0)).make())
        .isEqualTo(Map.of("w", new Claim(key("b/n1"), cores(8))));
    var named = new NodeRequirements(Map.of("kubernetes.io/hostname", "n7"), List.of());
    var nowhere = new Demand("w", cores(8), named);
    assertThat(decide(60, new Unbound(nowhere, 0, 0)).make()).isEmpty();
  }

  /** A node of eight cores, so many of which are used by pods of one core. */
  private void full(String key, int used) {
    NodeGiven given = node(key).cpu(8);
    ledger.setNode(given.build());
    ledger.setFresh(key(key).member(), true);
    for (int i = 0; i < used; i++) {
      ledger.setPod(key(key).member(), pod(key + "-" + i).on(key(key).node()).cpu(1).build());
    }
  }

  private void wideRunsOn(String key) {
    full(key, 0);
    ledger.setPod(key(key).member(), pod("on-" + key).on(key(key).node()).cpu(8).build());
  }

  private void end(String key) {
    collector.passOn(() -> ledger.removePod(key(key).member(), "on-" + key));
  }

  private void decideDrainingNone(long now, Unbound... unbound) {
    collector.decide(List.of(unbound), now, new Setting(60, 0, 300, 300)).apply(ledger);
  }

  private Steps decide(long now, Unbound... unbound) {
    return collector.decide(List.of(unbound), now, SETTING);
  }

  private Steps apply(long now, Unbound... unbound) {
    var steps = decide(now, unbound);
    steps.apply(ledger);
    return steps;
  }

  private Decision decideFor(String uid, int cores) {
    return placement.decide(demand(uid, cores), Optional.empty());
  }

  private String claimedBy(String uid) {
    return ledger.claim(uid).orElseThrow().node().toString();
  }

  private static Unbound wide(String uid, long since) {
    return new Unbound(demand(uid, 8), since, 0);
  }

  private static Unbound wideFirst(String uid, long since, int priority) {
    return new Unbound(demand(uid, 8), since, priority);
  }

  private static Demand demand(String uid, int cores) {
    return new Demand(uid, cores(cores), NodeRequirements.NONE);
  }
}
