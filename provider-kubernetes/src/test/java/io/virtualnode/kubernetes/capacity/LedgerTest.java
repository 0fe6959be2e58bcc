package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static io.virtualnode.kubernetes.capacity.Given.pod;
import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtualnode.kubernetes.capacity.Given.NodeGiven;
import io.virtualnode.kubernetes.capacity.Given.PodGiven;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LedgerTest {

  private final Ledger ledger = new Ledger();

  @AfterEach
  void recountAgrees() {
    assertThat(ledger.drift()).as("drift").isZero();
  }

  @Nested
  class Offer {

    @DisplayName("offer_is_the_sum_of_what_is_free_when_no_pod_is_ours")
    @Test
    void noneOfOurs() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(4), node("b/n1").cpu(2));
      given("a", pod("x").on("n1").cpu(3), pod("y").on("n1").cpu(1), pod("z").on("n2").cpu(4));
      assertThat(ledger.offer()).isEqualTo(cores(4 + 0 + 2));
    }

    @DisplayName("offer_less_what_is_bound_is_what_is_free_less_what_waits_when_pods_are_ours")
    @Test
    void ours() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(4));
      given("a", pod("foreign").on("n1").cpu(2));
      running("p1", 3, "a/n1");
      ledger.count("p2", cores(2)); // waits
      assertThat(ledger.offer()).isEqualTo(cores(6 + 4));
      assertThat(ledger.offer().minus(cores(3 + 2))).isEqualTo(cores((3 + 4) - 2));
    }

    @DisplayName("offer_is_empty_when_nothing_is_known")
    @Test
    void nothing() {
      ledger.count("p", cores(1));
      assertThat(ledger.offer()).isEqualTo(Resources.NONE);
    }

    @DisplayName("every_resource_of_the_nodes_is_offered_and_no_other")
    @Test
    void everyResource() {
      given(
          node("a/n1").with(resources("cpu", "2", "memory", "4Gi", "pods", "110")),
          node("a/n2").with(resources("cpu", "2", "pods", "10", "nvidia.com/gpu", "4")));
      given(
          "a",
          pod("x").on("n1").requesting(resources("cpu", "1", "pods", "1", "nvidia.com/gpu", "1")));
      assertThat(ledger.offer())
          .isEqualTo(resources("cpu", "3", "memory", "4Gi", "pods", "119", "nvidia.com/gpu", "4"));
    }

    @DisplayName("over_full_node_takes_nothing_from_another_when_local_load_exceeds_it")
    @Test
    void overFull() {
      given(node("a/n1").cpu(2), node("a/n2").cpu(4));
      given("a", pod("x").on("n1").cpu(5));
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("over_full_node_offers_ours_when_local_load_grew_after_placement")
    @Test
    void overFullWithOurs() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4));
      running("p", 3, "a/n1");
      given("a", pod("x").on("n1").cpu(2));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(4));
    }

    @DisplayName("unbound_foreign_pod_takes_nothing")
    @Test
    void unboundForeign() {
      given(node("a/n1").cpu(4));
      given("a", pod("x").cpu(2));
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("foreign_pod_leaves_its_node_when_it_ends")
    @Test
    void foreignEnds() {
      given(node("a/n1").cpu(4));
      given("a", pod("x").on("n1").cpu(2));
      ledger.removePod("a", "x");
      ledger.removePod("a", "x");
      ledger.removePod("a", "never seen");
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("node_appears_after_its_pods_without_harm")
    @Test
    void podsFirst() {
      given("a", pod("x").on("n1").cpu(2));
      assertThat(ledger.offer()).isEqualTo(Resources.NONE);
      given(node("a/n1").cpu(4));
      assertThat(ledger.offer()).isEqualTo(cores(2));
    }

    @DisplayName("changed_allocatable_replaces_the_one_before")
    @Test
    void allocatableChanges() {
      given(node("a/n1").cpu(4));
      given(node("a/n1").cpu(6));
      assertThat(ledger.offer()).isEqualTo(cores(6));
    }
  }

  @Nested
  class NotUsable {

    @DisplayName("cordoned_node_offers_nothing")
    @Test
    void cordonedEmpty() {
      given(node("a/n1").cpu(4).cordoned(), node("b/n1").cpu(2));
      assertThat(ledger.offer()).isEqualTo(cores(2));
    }

    @DisplayName("cordoned_node_full_of_ours_does_not_eat_another_members_room")
    @Test
    void cordonedFull() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(2));
      running("p1", 2, "a/n1");
      running("p2", 2, "a/n1");
      given(node("a/n1").cpu(4).cordoned());
      assertThat(ledger.offer().minus(cores(4))).isEqualTo(cores(2));
    }

    @DisplayName("lost_member_full_of_ours_does_not_eat_another_members_room")
    @Test
    void lostFull() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(2));
      running("p1", 4, "a/n1");
      ledger.setFresh("a", false);
      assertThat(ledger.offer().minus(cores(4))).isEqualTo(cores(2));
    }

    @DisplayName("stale_member_offers_nothing_new_until_it_is_fresh_again")
    @Test
    void stale() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4));
      running("p1", 1, "a/n1");
      ledger.setFresh("a", false);
      assertThat(ledger.offer()).isEqualTo(cores(1));
      assertThat(usable()).isEmpty();
      ledger.setFresh("a", true);
      assertThat(ledger.offer()).isEqualTo(cores(8));
      assertThat(usable()).containsExactlyInAnyOrder("a/n1", "a/n2");
    }

    @DisplayName("member_offers_nothing_before_it_is_said_to_be_fresh")
    @Test
    void notYetFresh() {
      ledger.setNode(node("a/n1").cpu(4).build());
      assertThat(ledger.offer()).isEqualTo(Resources.NONE);
    }

    @DisplayName("removed_node_still_gives_back_what_ours_hold_on_it")
    @Test
    void nodeRemoved() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(2));
      running("p1", 3, "a/n1");
      ledger.removeNode(key("a/n1"));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(2));
      assertThat(ledger.nodesOf("a")).containsExactly("n1");
      ledger.removePod("a", "delegate of p1");
      assertThat(ledger.nodesOf("a")).isEmpty();
      assertThat(ledger.offer()).isEqualTo(cores(2));
    }

    @DisplayName("resource_that_a_lost_node_no_longer_names_is_not_taken_from_another")
    @Test
    void resourceVanishes() {
      given(node("a/n1").cpu(4).with("gpu", 2), node("b/n1").cpu(4).with("gpu", 4));
      var request = resources("cpu", "1", "gpu", "2");
      ledger.count("p", request);
      given("a", pod("d").on("n1").requesting(request).delegateOf("p"));
      given(node("a/n1").cpu(4).cordoned());
      assertThat(ledger.offer().minus(request)).isEqualTo(resources("cpu", "4", "gpu", "4"));
      given(node("a/n1").cpu(4)); // its device plugin is down
      assertThat(ledger.offer().minus(request)).isEqualTo(resources("cpu", "7", "gpu", "4"));
    }
  }

  @Nested
  class Delegates {

    @DisplayName("delegate_becomes_others_when_its_proxy_is_force_deleted")
    @Test
    void forceDeleted() {
      given(node("a/n1").cpu(4));
      running("p", 3, "a/n1");
      ledger.uncount("p");
      assertThat(ledger.offer()).isEqualTo(cores(1));
      ledger.removePod("a", "delegate of p");
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("excess_is_others_when_a_delegate_requests_more_than_its_proxy")
    @Test
    void excess() {
      given(node("a/n1").cpu(8));
      ledger.count("p", cores(2));
      given("a", pod("d").on("n1").cpu(3).delegateOf("p"));
      assertThat(ledger.offer()).isEqualTo(cores(7));
      assertThat(ledger.offer().minus(cores(2))).isEqualTo(cores(8 - 3));
      assertThat(use("a/n1").others()).isEqualTo(cores(1));
    }

    @DisplayName("only_what_is_held_is_ours_when_a_delegate_requests_less_than_its_proxy")
    @Test
    void smaller() {
      given(node("a/n1").cpu(8));
      ledger.count("p", cores(3));
      given("a", pod("d").on("n1").cpu(2).delegateOf("p"));
      assertThat(use("a/n1").ours()).isEqualTo(cores(2));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(8 - 3));
    }

    @DisplayName("slot_follows_the_delegate_when_the_member_puts_it_elsewhere")
    @Test
    void elsewhere() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4).cordoned());
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("a", pod("d").cpu(3).delegateOf("p"));
      assertThat(ledger.slot("p")).contains(key("a/n1"));
      given("a", pod("d").on("n2").cpu(3).delegateOf("p"));
      assertThat(ledger.slot("p")).contains(key("a/n2"));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(4));
    }

    @DisplayName("one_holds_the_slot_and_the_other_is_others_when_a_proxy_has_two_delegates")
    @Test
    void two() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(8));
      ledger.count("p", cores(3));
      given("a", pod("d1").on("n1").cpu(3).delegateOf("p"));
      given("b", pod("d2").on("n1").cpu(3).delegateOf("p"));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(5 + 5));
      ledger.removePod("a", "d1");
      assertThat(ledger.slot("p")).contains(key("b/n1"));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(8 + 5));
      ledger.removePod("b", "d2");
      assertThat(ledger.slot("p")).isEmpty();
      assertThat(ledger.offer()).isEqualTo(cores(16));
    }

    @DisplayName("two_delegates_are_accounted_alike_whichever_is_seen_first")
    @Test
    void twoInAnyOrder() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(8));
      ledger.count("p", cores(3));
      given("a", pod("d2").on("n2").cpu(4).delegateOf("p"));
      given("a", pod("d1").on("n1").cpu(2).delegateOf("p"));
      assertThat(ledger.slot("p")).contains(key("a/n1"));
      assertThat(use("a/n2").others()).isEqualTo(cores(4));
    }

    @DisplayName("bound_one_holds_the_slot_when_two_delegates_are_in_the_reserved_member")
    @Test
    void twoInReservedMember() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(8));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("a", pod("d1").cpu(3).delegateOf("p"));
      given("a", pod("d2").on("n2").cpu(3).delegateOf("p"));
      assertThat(ledger.slot("p")).contains(key("a/n2"));
      assertThat(use("a/n1").free()).isEqualTo(cores(8));
    }

    @DisplayName("reservation_stays_when_a_delegate_ends_that_did_not_take_it")
    @Test
    void otherEnds() {
      given(node("a/n1").cpu(8));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("a", pod("d1").cpu(3).delegateOf("p"), pod("d2").cpu(3).delegateOf("p"));
      ledger.removePod("a", "d2");
      assertThat(ledger.slot("p")).contains(key("a/n1"));
      ledger.removePod("a", "d1");
      assertThat(ledger.slot("p")).isEmpty();
    }

    @DisplayName("pod_leaves_the_node_it_was_on_when_it_is_told_to_be_on_another")
    @Test
    void moves() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(8));
      given("a", pod("x").on("n1").cpu(3));
      given("a", pod("x").on("n2").cpu(3));
      assertThat(use("a/n1").free()).isEqualTo(cores(8));
      assertThat(use("a/n2").free()).isEqualTo(cores(5));
    }

    @DisplayName("reservation_stays_where_it_is_when_a_stray_delegate_shows_in_another_member")
    @Test
    void stray() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(8));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("b", pod("stray").on("n1").cpu(3).delegateOf("p"));
      assertThat(ledger.slot("p")).contains(key("a/n1"));
      assertThat(use("a/n1").free()).isEqualTo(cores(5));
      assertThat(use("b/n1").free()).isEqualTo(cores(5));
      ledger.removePod("b", "stray");
      assertThat(ledger.slot("p")).contains(key("a/n1"));
    }

    @DisplayName("delegate_found_on_a_node_holds_its_slot_whatever_is_known_first")
    @Test
    void adoption() {
      var facts =
          List.<Runnable>of(
              () -> ledger.setNode(node("a/n1").cpu(8).build()),
              () -> ledger.setFresh("a", true),
              () -> ledger.count("p", cores(3)),
              () -> given("a", pod("d").on("n1").cpu(3).delegateOf("p")),
              () -> given("a", pod("x").on("n1").cpu(1)));
      for (var order : permutations(facts)) {
        order.forEach(Runnable::run);
        assertThat(ledger.offer()).isEqualTo(cores(7));
        assertThat(ledger.slot("p")).contains(key("a/n1"));
        assertThat(ledger.drift()).isZero();
        ledger.removeMember("a");
        ledger.uncount("p");
        assertThat(ledger.offer()).isEqualTo(Resources.NONE);
      }
    }

    @DisplayName("delegate_that_loses_its_label_is_others_and_its_slot_ends")
    @Test
    void unlabelled() {
      given(node("a/n1").cpu(8));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("a", pod("d").on("n1").cpu(3).delegateOf("p"));
      given("a", pod("d").on("n1").cpu(3));
      assertThat(ledger.slot("p")).isEmpty();
      assertThat(ledger.offer()).isEqualTo(cores(5));
      ledger.removePod("a", "d");
      assertThat(ledger.offer()).isEqualTo(cores(8));
    }

    @DisplayName("same_cluster_under_two_names_is_two_members")
    @Test
    void sameCluster() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(8));
      ledger.count("p", cores(3));
      given("a", pod("d").on("n1").cpu(3).delegateOf("p"));
      given("b", pod("d").on("n1").cpu(3).delegateOf("p"));
      ledger.removePod("b", "d");
      assertThat(ledger.slot("p")).contains(key("a/n1"));
      assertThat(use("a/n1").free()).isEqualTo(cores(5));
      assertThat(use("b/n1").free()).isEqualTo(cores(8));
    }
  }

  @Nested
  class Reservations {

    @DisplayName("reservation_holds_its_room_before_the_delegate_is_seen")
    @Test
    void beforeSeen() {
      given(node("a/n1").cpu(4));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      assertThat(use("a/n1").free()).isEqualTo(cores(1));
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("reservation_is_not_counted_twice_when_its_delegate_is_seen")
    @Test
    void seen() {
      given(node("a/n1").cpu(4));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("a", pod("d").cpu(3).delegateOf("p"));
      assertThat(use("a/n1").free()).isEqualTo(cores(1));
      given("a", pod("d").on("n1").cpu(3).delegateOf("p"));
      assertThat(use("a/n1").free()).isEqualTo(cores(1));
    }

    @DisplayName("reservation_finds_a_delegate_that_was_seen_unbound_before_it")
    @Test
    void unboundFirst() {
      given(node("a/n1").cpu(4));
      given("a", pod("d").cpu(3).delegateOf("p"));
      ledger.count("p", cores(3));
      assertThat(ledger.slot("p")).isEmpty();
      ledger.reserve("p", key("a/n1"));
      assertThat(use("a/n1").free()).isEqualTo(cores(1));
      ledger.removePod("a", "d");
      assertThat(ledger.slot("p")).isEmpty();
      assertThat(use("a/n1").free()).isEqualTo(cores(4));
    }

    @DisplayName("reservation_that_was_made_anew_stands_when_what_was_taken_back_goes")
    @Test
    void takenBack() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      given("a", pod("d").cpu(3).delegateOf("p"));
      ledger.release("p");
      ledger.reserve("p", key("a/n2")); // for the next delegate
      ledger.dropPod("a", "d");
      assertThat(ledger.slot("p")).contains(key("a/n2"));
      assertThat(use("a/n2").free()).isEqualTo(cores(1));
      assertThat(use("a/n1").free()).isEqualTo(cores(4));
      assertThat(ledger.drift()).isZero();
      given("a", pod("e").on("n2").cpu(3).delegateOf("p"));
      assertThat(use("a/n2").free()).isEqualTo(cores(1));
    }

    @DisplayName("first_reservation_stays_when_another_is_made")
    @Test
    void twice() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      ledger.reserve("p", key("a/n2"));
      assertThat(ledger.slot("p")).contains(key("a/n1"));
      assertThat(use("a/n2").free()).isEqualTo(cores(4));
    }

    @DisplayName("reservation_is_refused_when_the_proxy_is_not_counted")
    @Test
    void notCounted() {
      assertThatThrownBy(() -> ledger.reserve("p", key("a/n1")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("proxy p is not counted");
    }

    @DisplayName("reservation_stays_as_others_until_it_is_released_when_its_proxy_goes")
    @Test
    void proxyGoes() {
      given(node("a/n1").cpu(4));
      ledger.count("p", cores(3));
      ledger.reserve("p", key("a/n1"));
      ledger.uncount("p");
      assertThat(ledger.offer()).isEqualTo(cores(1));
      ledger.release("p");
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("slot_is_held_until_the_delegate_is_gone_when_it_is_released_before")
    @Test
    void releasedEarly() {
      given(node("a/n1").cpu(4));
      running("p", 3, "a/n1");
      ledger.release("p");
      assertThat(use("a/n1").free()).isEqualTo(cores(1));
      assertThat(ledger.offer()).isEqualTo(cores(4));
      ledger.removePod("a", "delegate of p");
      assertThat(use("a/n1").free()).isEqualTo(cores(4));
      ledger.release("p");
      ledger.release("never heard of");
    }

    @DisplayName("reservation_keeps_its_size_when_the_proxy_is_resized_before_the_delegate_is_seen")
    @Test
    void resized() {
      given(node("a/n1").cpu(8));
      ledger.count("p", cores(4));
      ledger.reserve("p", key("a/n1"));
      ledger.count("p", cores(2));
      assertThat(ledger.offer().minus(cores(2))).isEqualTo(cores(4));
      ledger.count("p", cores(5));
      assertThat(ledger.offer().minus(cores(5))).isEqualTo(cores(3));
    }
  }

  @Nested
  class Members {

    @DisplayName("removed_member_leaves_nothing_behind")
    @Test
    void removed() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(2));
      ledger.setQuota("a", Optional.of(cores(3)));
      running("p", 3, "a/n1");
      ledger.count("q", cores(1));
      ledger.reserve("q", key("a/n1"));
      ledger.removeMember("a");
      assertThat(ledger.offer()).isEqualTo(cores(2));
      assertThat(ledger.slot("p")).isEmpty();
      assertThat(ledger.slot("q")).isEmpty();
      assertThat(ledger.podsOf("a")).isEmpty();
      given(node("a/n1").cpu(4));
      assertThat(ledger.offer()).isEqualTo(cores(6));
    }

    @DisplayName("delegate_in_another_member_takes_the_slot_when_a_member_is_removed")
    @Test
    void otherTakesOver() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(4));
      ledger.count("p", cores(1));
      given("a", pod("d1").on("n1").cpu(1).delegateOf("p"));
      given("b", pod("d2").on("n1").cpu(1).delegateOf("p"));
      ledger.removeMember("a");
      assertThat(ledger.slot("p")).contains(key("b/n1"));
    }

    @DisplayName("pods_and_nodes_in_the_account_are_listed")
    @Test
    void listed() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4));
      given("a", pod("x").on("n3").cpu(1), pod("y"));
      assertThat(ledger.podsOf("a")).containsExactlyInAnyOrder("x", "y");
      assertThat(ledger.nodesOf("a")).containsExactlyInAnyOrder("n1", "n2", "n3");
      var known = new ArrayList<String>();
      ledger.forEachNode(node -> known.add(node.key().toString()));
      assertThat(known).containsExactlyInAnyOrder("a/n1", "a/n2");
      assertThat(ledger.use(key("a/n9"))).isEmpty();
      assertThat(ledger.use(key("z/n1"))).isEmpty();
    }
  }

  @Nested
  class Quota {

    @DisplayName("quota_caps_the_member_and_others_under_it_use_it_up")
    @Test
    void caps() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(2));
      ledger.setQuota("a", Optional.of(cores(5)));
      given("a", pod("x").cpu(1).underQuota(), pod("y").on("n1").cpu(1));
      assertThat(ledger.offer()).isEqualTo(cores(4 + 2));
      assertThat(ledger.quota("a")).contains(cores(5));
      assertThat(ledger.quotaLeft("a")).contains(cores(4));
      assertThat(ledger.quotaLeft("b")).isEmpty();
      ledger.setQuota("a", Optional.empty());
      assertThat(ledger.offer()).isEqualTo(cores(7 + 2));
    }

    @DisplayName("offer_less_bound_is_what_the_quota_leaves_when_pods_are_ours")
    @Test
    void ours() {
      given(node("a/n1").cpu(8));
      ledger.setQuota("a", Optional.of(cores(5)));
      ledger.count("p", cores(2));
      given("a", pod("d").on("n1").cpu(2).delegateOf("p").underQuota());
      ledger.count("q", cores(1));
      ledger.reserve("q", key("a/n1"));
      assertThat(ledger.quotaLeft("a")).contains(cores(2));
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(2));
    }

    @DisplayName("delegate_uses_the_quota_up_when_its_proxy_is_force_deleted")
    @Test
    void forceDeleted() {
      given(node("a/n1").cpu(8));
      ledger.setQuota("a", Optional.of(cores(5)));
      ledger.count("p", cores(2));
      given("a", pod("d").on("n1").cpu(2).delegateOf("p").underQuota());
      ledger.uncount("p");
      assertThat(ledger.offer()).isEqualTo(cores(3));
    }

    @DisplayName("excess_of_a_delegate_uses_the_quota_up")
    @Test
    void excess() {
      given(node("a/n1").cpu(8));
      ledger.setQuota("a", Optional.of(cores(5)));
      ledger.count("p", cores(1));
      given("a", pod("d").on("n1").cpu(3).delegateOf("p").underQuota());
      assertThat(ledger.offer().minus(cores(1))).isEqualTo(cores(2));
    }

    @DisplayName("ours_are_given_back_when_the_quota_was_cut_below_them")
    @Test
    void overdrawn() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(2));
      ledger.count("p", cores(4));
      given("a", pod("d").on("n1").cpu(4).delegateOf("p").underQuota());
      ledger.setQuota("a", Optional.of(cores(1)));
      assertThat(ledger.offer().minus(cores(4))).isEqualTo(cores(2));
      assertThat(ledger.quotaLeft("a")).contains(cores(-3));
    }

    @DisplayName("resources_that_the_quota_does_not_name_are_not_capped")
    @Test
    void unnamed() {
      given(node("a/n1").cpu(8).with("memory", 100));
      ledger.setQuota("a", Optional.of(resources("memory", "10", "storage", "5")));
      assertThat(ledger.offer()).isEqualTo(resources("cpu", "8", "memory", "10"));
    }
  }

  @Nested
  class Credits {

    @DisplayName("pod_that_never_gets_a_slot_blocks_nobody_when_it_is_credited")
    @Test
    void credited() {
      given(node("a/n1").cpu(4));
      ledger.count("giant", cores(64));
      assertThat(ledger.offer().minus(cores(64))).isEqualTo(cores(-60));
      ledger.credit("giant", true);
      assertThat(ledger.isCredited("giant")).isTrue();
      assertThat(ledger.offer().minus(cores(64))).isEqualTo(cores(4));
      ledger.credit("giant", false);
      assertThat(ledger.offer()).isEqualTo(cores(4));
    }

    @DisplayName("fifty_giants_leave_the_room_of_one_that_fits")
    @Test
    void fifty() {
      given(node("a/n1").cpu(4));
      for (int i = 0; i < 50; i++) {
        ledger.count("giant" + i, cores(64));
        ledger.credit("giant" + i, true);
      }
      assertThat(ledger.offer().minus(cores(50 * 64))).isEqualTo(cores(4));
    }

    @DisplayName("credit_follows_the_request_when_the_pod_is_resized")
    @Test
    void resized() {
      given(node("a/n1").cpu(4));
      ledger.count("giant", cores(64));
      ledger.credit("giant", true);
      ledger.count("giant", cores(32));
      assertThat(ledger.offer().minus(cores(32))).isEqualTo(cores(4));
    }

    @DisplayName("credit_ends_with_the_proxy")
    @Test
    void uncounted() {
      given(node("a/n1").cpu(4));
      ledger.count("giant", cores(64));
      ledger.credit("giant", true);
      ledger.uncount("giant");
      assertThat(ledger.offer()).isEqualTo(cores(4));
      ledger.credit("giant", true);
      assertThat(ledger.isCredited("giant")).isFalse();
    }

    @DisplayName("slot_ends_the_credit_whether_reserved_or_found")
    @Test
    void slotEndsIt() {
      given(node("a/n1").cpu(4));
      ledger.count("p", cores(1));
      ledger.credit("p", true);
      ledger.reserve("p", key("a/n1"));
      assertThat(ledger.isCredited("p")).isFalse();
      ledger.count("q", cores(1));
      ledger.credit("q", true);
      given("a", pod("d").on("n1").cpu(1).delegateOf("q"));
      assertThat(ledger.isCredited("q")).isFalse();
      ledger.credit("q", true);
      assertThat(ledger.isCredited("q")).isFalse();
      assertThat(ledger.offer().minus(cores(2))).isEqualTo(cores(2));
    }

    @DisplayName("credit_names_no_resource_that_no_node_has")
    @Test
    void unknownResource() {
      given(node("a/n1").cpu(4));
      ledger.count("p", resources("cpu", "1", "example.com/fpga", "1"));
      ledger.credit("p", true);
      assertThat(ledger.offer().names()).containsExactly("cpu");
    }
  }

  @Nested
  class Retired {

    @DisplayName("retired_member_offers_nothing_new_until_it_is_configured_again")
    @Test
    void retired() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(2));
      running("p", 1, "a/n1");
      ledger.setRetired("a", true);
      assertThat(ledger.isRetired("a")).isTrue();
      assertThat(ledger.offer()).isEqualTo(cores(1 + 2));
      assertThat(usable()).containsExactly("b/n1");
      ledger.setRetired("a", false);
      assertThat(ledger.offer()).isEqualTo(cores(4 + 2));
      assertThat(ledger.isRetired("z")).isFalse();
    }

    @DisplayName("drained_member_offers_nothing_new_and_counts_what_is_there_or_may_come_to_be")
    @Test
    void drained() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4), node("b/n1").cpu(2));
      running("p", 1, "a/n1");
      ledger.count("q", cores(1));
      ledger.reserve("q", key("a/n2"));
      running("r", 1, "b/n1");
      ledger.setDraining("a", true);
      assertThat(ledger.offer()).isEqualTo(cores(1 + 1 + 2));
      assertThat(usable()).containsExactly("b/n1");
      assertThat(ledger.isRetired("a")).isFalse();
      assertThat(ledger.slotsIn("a")).isEqualTo(2);
      ledger.release("q");
      ledger.uncount("p"); // its proxy has ended or gone, its delegate runs on
      assertThat(ledger.slotsIn("a")).isEqualTo(1);
      ledger.removePod("a", "delegate of p");
      assertThat(ledger.slotsIn("a")).isZero();
      ledger.setDraining("a", false);
      assertThat(usable()).containsExactly("a/n1", "a/n2", "b/n1");
      assertThat(ledger.slotsIn("z")).isZero();
    }

    @DisplayName("room_says_why_it_takes_no_pods_now")
    @Test
    void obstacles() {
      given(node("a/n1").cpu(4));
      assertThat(obstacle()).isEmpty();
      given(node("a/n1").cpu(4).cordoned());
      assertThat(obstacle()).isEqualTo("node(s) were unschedulable");
      given(node("a/n1").cpu(4));
      ledger.setFresh("a", false);
      assertThat(obstacle()).isEqualTo("node(s) of a member not heard of recently");
      ledger.setDraining("a", true);
      assertThat(obstacle()).isEqualTo("node(s) of a member that is drained");
      ledger.setRetired("a", true);
      assertThat(obstacle()).isEqualTo("node(s) of a member that is no longer configured");
    }

    private String obstacle() {
      var obstacles = new ArrayList<String>();
      ledger.forEachRoom(room -> obstacles.add(room.obstacle()));
      return obstacles.get(0);
    }
  }

  @Nested
  class Scopes {

    @DisplayName("each_scope_offers_its_own_nodes_and_what_its_own_proxies_hold")
    @Test
    void own() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(4), node("b/n1").cpu(2));
      var n1 = new Scope.OfNode(key("a/n1"));
      ledger.count("p", cores(3), n1);
      ledger.reserve("p", key("a/n1"));
      assertThat(ledger.offer(n1)).isEqualTo(cores(8));
      assertThat(ledger.offer(new Scope.OfNode(key("a/n2")))).isEqualTo(cores(4));
      assertThat(ledger.offer(new Scope.OfMember("a"))).isEqualTo(cores(5 + 4));
      assertThat(ledger.offer(new Scope.OfMember("b"))).isEqualTo(cores(2));
      assertThat(ledger.offer()).isEqualTo(cores(5 + 4 + 2));
    }

    @DisplayName("what_a_proxy_holds_counts_for_its_own_virtual_node_wherever_its_delegate_went")
    @Test
    void elsewhere() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(4));
      var n1 = new Scope.OfNode(key("a/n1"));
      ledger.count("p", cores(3), n1);
      given("a", pod("d").on("n2").cpu(3).delegateOf("p"));
      assertThat(ledger.offer(n1).minus(cores(3))).isEqualTo(cores(8));
      assertThat(ledger.offer(new Scope.OfNode(key("a/n2")))).isEqualTo(cores(1));
    }

    @DisplayName("closed_virtual_node_offers_what_its_proxies_hold_and_the_new_ones_the_rest")
    @Test
    void closed() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(4));
      ledger.count("old", cores(3));
      ledger.reserve("old", key("a/n1"));
      ledger.setClosed(Scope.WHOLE, true);
      assertThat(ledger.offer()).isEqualTo(cores(3));
      assertThat(ledger.offer(new Scope.OfNode(key("a/n1")))).isEqualTo(cores(5));
      assertThat(ledger.offer(new Scope.OfMember("a"))).isEqualTo(cores(5));
      given("a", pod("d").on("n1").cpu(3).delegateOf("old"));
      ledger.removePod("a", "d");
      ledger.uncount("old");
      assertThat(ledger.offer()).isEqualTo(cores(0));
      assertThat(ledger.offer(new Scope.OfNode(key("a/n1")))).isEqualTo(cores(8));
      ledger.setClosed(Scope.WHOLE, false);
      assertThat(ledger.offer()).isEqualTo(cores(12));
    }

    @DisplayName("virtual_node_of_the_whole_offers_nothing_that_proxies_of_former_ones_hold")
    @Test
    void closedParts() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(4));
      var n1 = new Scope.OfNode(key("a/n1"));
      ledger.count("old", cores(3), n1);
      ledger.reserve("old", key("a/n1"));
      ledger.setClosed(n1, true);
      assertThat(ledger.offer(n1)).isEqualTo(cores(3));
      assertThat(ledger.offer()).isEqualTo(cores(5 + 4));
    }

    @DisplayName("what_pods_of_a_closed_virtual_node_still_wait_for_is_offered_by_no_other")
    @Test
    void closedWaits() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(4));
      var a = new Scope.OfMember("a");
      ledger.count("waits", cores(6), a);
      ledger.count("waits no more", cores(9), a);
      ledger.credit("waits no more", true);
      ledger.setClosed(a, true);
      assertThat(ledger.offer(new Scope.OfNode(key("a/n1")))).isEqualTo(cores(2));
      assertThat(ledger.offer(new Scope.OfNode(key("b/n1")))).isEqualTo(cores(4));
      assertThat(ledger.offer()).isEqualTo(cores(6));
      ledger.reserve("waits", key("a/n1"));
      assertThat(ledger.offer(new Scope.OfNode(key("a/n1")))).isEqualTo(cores(2));
    }

    @DisplayName("several_parts_have_the_room_of_each")
    @Test
    void several() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(4), node("b/n1").cpu(2), node("c/n1").cpu(1));
      Set<Scope> parts = Set.of(new Scope.OfNode(key("a/n2")), new Scope.OfMember("b"));
      assertThat(ledger.offer(new Scope.AnyOf(parts))).isEqualTo(cores(6));
      assertThat(new Scope.AnyOf(parts).contains(key("a/n1"))).isFalse();
      assertThat(new Scope.AnyOf(Set.of(Scope.WHOLE)).contains(key("c/n1"))).isTrue();
    }

    @DisplayName("proxy_that_is_counted_in_another_scope_leaves_the_one_before")
    @Test
    void moves() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(4));
      ledger.count("p", cores(9), new Scope.OfMember("a"));
      ledger.credit("p", true);
      ledger.count("p", cores(9), new Scope.OfMember("b"));
      assertThat(ledger.offer(new Scope.OfMember("a"))).isEqualTo(cores(8));
      assertThat(ledger.offer(new Scope.OfMember("b"))).isEqualTo(cores(4 + 9));
    }

    @DisplayName("quota_is_given_out_to_the_nodes_in_order_and_only_once")
    @Test
    void quota() {
      given(node("a/n1").cpu(4), node("a/n2").cpu(4), node("a/n3").cpu(4).with("memory", 9));
      ledger.setQuota("a", Optional.of(cores(6)));
      assertThat(offers("a/n1", "a/n2", "a/n3"))
          .containsExactly(cores(4), cores(2), resources("memory", "9"));
      ledger.setQuota("a", Optional.of(cores(7)));
      given("a", pod("x").on("n1").cpu(1).underQuota());
      assertThat(offers("a/n1", "a/n2", "a/n3"))
          .containsExactly(cores(3), cores(3), resources("memory", "9"));
      given(node("a/n1").cpu(1));
      assertThat(offers("a/n2", "a/n3"))
          .containsExactly(cores(4), resources("cpu", "2", "memory", "9"));
    }

    @DisplayName("scope_of_what_is_not_known_offers_nothing")
    @Test
    void unknown() {
      assertThat(ledger.offer(new Scope.OfMember("z"))).isEqualTo(Resources.NONE);
      assertThat(ledger.offer(new Scope.OfNode(key("z/n1")))).isEqualTo(Resources.NONE);
    }

    @DisplayName("credit_names_no_resource_that_the_scope_has_not")
    @Test
    void credit() {
      given(node("a/n1").cpu(4).with("gpu", 1), node("a/n2").cpu(4));
      var n2 = new Scope.OfNode(key("a/n2"));
      ledger.count("p", resources("cpu", "9", "gpu", "1"), n2);
      ledger.credit("p", true);
      assertThat(ledger.offer(n2)).isEqualTo(cores(4 + 9));
      assertThat(ledger.offer(new Scope.OfMember("a")))
          .isEqualTo(resources("cpu", "8", "gpu", "1"));
    }

    private List<Resources> offers(String... nodes) {
      return List.of(nodes).stream()
          .map(node -> ledger.offer(new Scope.OfNode(key(node))))
          .toList();
    }
  }

  @Nested
  class Claims {

    @DisplayName("free_room_is_withheld_while_it_does_not_cover_the_claim_and_offered_once_it_does")
    @Test
    void withheld() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(2));
      given("a", pod("x").on("n1").cpu(3));
      ledger.withhold("w", key("a/n1"), cores(6));
      assertThat(ledger.offer()).isEqualTo(cores(2));
      assertThat(use("a/n1").claimed()).isEqualTo(cores(5));
      assertThat(ledger.claim("w"))
          .contains(new Ledger.Collected(key("a/n1"), cores(6), cores(5), false));
      given("a", pod("x").on("n1").cpu(1));
      assertThat(ledger.offer()).isEqualTo(cores(7 + 2));
      assertThat(use("a/n1").claimed()).isEqualTo(cores(6));
      assertThat(ledger.claim("w").orElseThrow().whole()).isTrue();
    }

    @DisplayName("all_of_several_resources_are_withheld_up_to_what_is_asked")
    @Test
    void severalResources() {
      given(node("a/n1").cpu(8).with("memory", 10));
      given("a", pod("x").on("n1").cpu(3));
      ledger.withhold("w", key("a/n1"), resources("cpu", "6", "memory", "4"));
      assertThat(ledger.offer()).isEqualTo(resources("memory", "6"));
    }

    @DisplayName("whole_slot_is_offered_only_while_nobody_bound_waits_for_more_than_is_spare")
    @Test
    void wholeAndWaiting() {
      given(node("a/n1").cpu(4), node("b/n1").cpu(2));
      ledger.withhold("w", key("a/n1"), cores(4));
      assertThat(ledger.offer()).isEqualTo(cores(4 + 2));
      ledger.count("p", cores(3)); // one more than is spare beside the slot
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(2 - 3));
      ledger.count("p", cores(2));
      assertThat(ledger.offer().minus(cores(2))).isEqualTo(cores(4));
      ledger.count("p", cores(3));
      ledger.credit("p", true);
      assertThat(ledger.offer().minus(cores(3))).isEqualTo(cores(4 + 2));
    }

    @DisplayName("nothing_is_withheld_from_the_offer_once_the_pod_is_bound_and_so_subtracted")
    @Test
    void bound() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(2));
      given("a", pod("x").on("n1").cpu(3));
      ledger.withhold("w", key("a/n1"), cores(6));
      ledger.count("w", cores(6));
      assertThat(ledger.offer()).isEqualTo(cores(5 + 2));
      assertThat(use("a/n1").claimed()).isEqualTo(cores(5));
      ledger.uncount("w");
      assertThat(ledger.offer()).isEqualTo(cores(2));
    }

    @DisplayName("claim_ends_with_the_slot_of_its_pod_wherever_that_is")
    @Test
    void slotEndsIt() {
      given(node("a/n1").cpu(8), node("b/n1").cpu(8));
      ledger.withhold("w", key("a/n1"), cores(9));
      ledger.count("w", cores(6));
      ledger.reserve("w", key("b/n1"));
      assertThat(ledger.claims()).isEmpty();
      assertThat(use("a/n1").claimed()).isEqualTo(Resources.NONE);
      ledger.withhold("w", key("a/n1"), cores(9));
      assertThat(ledger.claims()).isEmpty();
    }

    @DisplayName("first_claim_on_a_node_is_served_first")
    @Test
    void inTurn() {
      given(node("a/n1").cpu(8));
      ledger.withhold("v", key("a/n1"), cores(5));
      ledger.withhold("w", key("a/n1"), cores(5));
      assertThat(ledger.claim("v").orElseThrow().share()).isEqualTo(cores(5));
      assertThat(ledger.claim("w").orElseThrow().share()).isEqualTo(cores(3));
      assertThat(ledger.offer()).isEqualTo(cores(5));
      ledger.withhold("v", key("a/n1"), cores(5));
      assertThat(ledger.claim("v").orElseThrow().whole()).isTrue();
      ledger.withhold("v", key("a/n1"), cores(4));
      assertThat(ledger.claim("w").orElseThrow().whole()).isTrue();
      assertThat(ledger.claim("v").orElseThrow().share()).isEqualTo(cores(3));
      ledger.unwithhold("w");
      ledger.unwithhold("never heard of");
      assertThat(ledger.claim("v").orElseThrow().whole()).isTrue();
    }

    @DisplayName("claim_on_a_node_that_is_not_usable_or_not_known_holds_nothing")
    @Test
    void unusable() {
      ledger.withhold("w", key("a/n1"), cores(5));
      assertThat(ledger.claim("w").orElseThrow().share()).isEqualTo(Resources.NONE);
      given(node("a/n1").cpu(8).cordoned());
      assertThat(ledger.claim("w").orElseThrow().whole()).isFalse();
      given(node("a/n1").cpu(8));
      assertThat(ledger.claim("w").orElseThrow().whole()).isTrue();
      ledger.removeMember("a");
      assertThat(ledger.claims()).isEmpty();
    }

    @DisplayName("quota_is_collected_with_the_room_and_given_to_nobody_else")
    @Test
    void quota() {
      given(node("a/n1").cpu(8), node("a/n2").cpu(8));
      ledger.setQuota("a", Optional.of(cores(10)));
      given("a", pod("x").on("n2").cpu(5).underQuota());
      ledger.withhold("w", key("a/n1"), cores(6));
      assertThat(ledger.claim("w").orElseThrow().whole()).as("all but the quota").isFalse();
      assertThat(ledger.offer()).isEqualTo(cores(0));
      assertThat(ledger.quotaLeft("a", "other")).contains(cores(0));
      assertThat(ledger.quotaLeft("a", "w")).contains(cores(5));
      given("a", pod("x").on("n2").cpu(3).underQuota());
      assertThat(ledger.claim("w").orElseThrow().whole()).isTrue();
      assertThat(ledger.offer()).isEqualTo(cores(7));
      assertThat(ledger.quotaLeft("a", "other")).contains(cores(1));
    }
  }

  @Nested
  class Observers {

    private final List<String> told = new ArrayList<>();
    private final RoomObserver observer =
        new RoomObserver() {
          @Override
          public void roomChanged(Room room) {
            told.add(room.key() + " " + room.free().get("cpu") / 1000 + " " + room.isUsable());
          }

          @Override
          public void roomGone(NodeKey node) {
            told.add(node + " gone");
          }

          @Override
          public void quotaChanged(String member) {
            told.add("quota of " + member);
          }

          @Override
          public void retirementChanged(String member) {
            told.add("retirement of " + member);
          }

          @Override
          public int drift() {
            return 0;
          }
        };

    @DisplayName("observer_is_told_what_is_known_and_then_every_change_of_room_and_no_other")
    @Test
    void told() {
      given(node("a/n1").cpu(4));
      ledger.observe(observer);
      assertThat(told).containsExactly("a/n1 4 true");
      assertTold(() -> given("a", pod("x").on("n1").cpu(1)), "a/n1 3 true");
      assertTold(() -> given("a", pod("x").on("n1").cpu(1)));
      assertTold(() -> ledger.count("p", cores(2)));
      assertTold(() -> ledger.reserve("p", key("a/n1")), "a/n1 1 true");
      assertTold(() -> given("a", pod("d").on("n1").cpu(2).delegateOf("p")));
      assertTold(() -> ledger.setQuota("a", Optional.of(cores(9))), "quota of a");
      assertTold(() -> given("a", pod("y").cpu(2).underQuota()), "quota of a");
      assertTold(() -> ledger.setQuota("a", Optional.empty()), "quota of a");
      assertTold(() -> ledger.setFresh("a", false), "a/n1 1 false");
      assertTold(() -> ledger.setRetired("a", true), "retirement of a");
      assertTold(() -> ledger.removeNode(key("a/n1")), "a/n1 gone");
      assertTold(() -> ledger.removePod("a", "d"));
      assertTold(() -> ledger.removeMember("a"), "a/n1 gone", "quota of a");
      ledger.ignore(observer);
      assertTold(() -> given(node("a/n1").cpu(4)));
    }

    private void assertTold(Runnable change, String... expected) {
      told.clear();
      change.run();
      assertThat(told).containsExactly(expected);
    }
  }

  @DisplayName("line_of_a_node_says_what_is_reserved_for_delegates_not_seen_yet")
  @Test
  void reserved() {
    given(node("a/n1").cpu(8));
    ledger.count("p", cores(3));
    ledger.reserve("p", key("a/n1"));
    running("q", 2, "a/n1");
    assertThat(use("a/n1"))
        .isEqualTo(
            new Ledger.NodeUse(
                cores(8), Resources.NONE, cores(5), cores(3), cores(3), Resources.NONE));
  }

  @DisplayName("uncounting_forgets_only_the_proxy")
  @Test
  void uncountTwice() {
    ledger.count("p", cores(1));
    assertThat(ledger.isCounted("p")).isTrue();
    ledger.uncount("p");
    ledger.uncount("p");
    assertThat(ledger.isCounted("p")).isFalse();
  }

  private void given(NodeGiven... nodes) {
    for (var node : nodes) {
      ledger.setNode(node.build());
      ledger.setFresh(node.build().key().member(), true);
    }
  }

  private void given(String member, PodGiven... pods) {
    for (var pod : pods) {
      ledger.setPod(member, pod.build());
    }
  }

  private void running(String proxy, int cores, String node) {
    ledger.count(proxy, cores(cores));
    ledger.reserve(proxy, key(node));
    given(
        key(node).member(),
        pod("delegate of " + proxy).on(key(node).node()).cpu(cores).delegateOf(proxy));
  }

  private Ledger.NodeUse use(String node) {
    return ledger.use(key(node)).orElseThrow();
  }

  private List<String> usable() {
    var result = new ArrayList<String>();
    ledger.forEachUsable(room -> result.add(room.node().key().toString()));
    return result;
  }

  private static <T> List<List<T>> permutations(List<T> items) {
    if (items.isEmpty()) {
      return List.of(List.of());
    }
    var result = new ArrayList<List<T>>();
    for (var first : items) {
      var rest = new ArrayList<>(items);
      rest.remove(first);
      for (var tail : permutations(rest)) {
        var order = new ArrayList<T>();
        order.add(first);
        order.addAll(tail);
        result.add(order);
      }
    }
    return result;
  }
}
