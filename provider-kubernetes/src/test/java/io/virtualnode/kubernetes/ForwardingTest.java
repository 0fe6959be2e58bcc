package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.Forwarding.Delegate;
import io.virtualnode.kubernetes.Forwarding.Removal;
import io.virtualnode.kubernetes.Forwarding.Sight;
import io.virtualnode.kubernetes.Forwarding.Step;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ForwardingTest {

  private static final int HISTORIES = 5000;
  private static final int STEPS = 40;
  private static final PodKey PROXY = new PodKey("atlas", "job", "uid-1");
  private static final Intent INTENT = new Intent("a", "cluster-a", 0, "n1");
  private static final Delegate DELEGATE =
      new Delegate("a", "cluster-a", "atlas", "job-1", "delegate-1");
  private static final PodStatus RUNNING =
      new PodStatusBuilder().withPhase("Running").withStartTime("2026-01-01T00:00:00Z").build();

  private static final PodStatus PENDING = new PodStatusBuilder().withPhase("Pending").build();

  private final Forwarding forwarding = new Forwarding(PROXY);

  // --- where a new proxy goes

  @DisplayName("proxy_without_an_intent_is_placed")
  @Test
  void placed() {
    forwarding.observed(proxy().build());
    assertThat(forwarding.next(Sight.NONE)).isInstanceOf(Step.Place.class);
  }

  @DisplayName("delegate_is_created_where_it_was_just_intended_whatever_is_known_of_the_member")
  @ParameterizedTest
  @EnumSource(
      value = Sight.class,
      names = {"STALE", "FRESH"})
  void created(Sight sight) {
    forwarding.observed(proxy().build());
    forwarding.intended(INTENT);
    assertThat(forwarding.next(sight)).isEqualTo(new Step.Create(INTENT));
  }

  @DisplayName("intent_of_an_earlier_process_is_acted_on_only_when_the_member_has_been_seen")
  @Test
  void inherited() {
    forwarding.observed(intended().build());
    assertThat(forwarding.next(Sight.STALE)).isInstanceOf(Step.Await.class);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Create(INTENT));
  }

  @DisplayName("nothing_is_created_where_the_intended_member_is_not")
  @Test
  void noMember() {
    forwarding.observed(intended().build());
    assertThat(forwarding.next(Sight.NONE))
        .isInstanceOfSatisfying(
            Step.Await.class, await -> assertThat(await.message()).contains("cluster-a"));
  }

  @DisplayName("intent_that_cannot_be_read_is_never_replaced_by_another")
  @Test
  void unreadable() {
    var condition = INTENT.toCondition();
    condition.setMessage("v9 of the future");
    forwarding.observed(proxy().editStatus().withConditions(condition).endStatus().build());
    for (var sight : Sight.values()) {
      assertThat(forwarding.next(sight)).isInstanceOf(Step.Await.class);
    }
  }

  // --- what exists already

  @DisplayName("delegate_that_is_there_shows_its_status_once_it_has_one_to_tell")
  @Test
  void shows() {
    forwarding.observed(intended().build());
    seen(forwarding, DELEGATE, new PodStatus(), false);
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.next(Sight.STALE)).isEqualTo(new Step.Show(RUNNING));
    assertThat(forwarding.toShow()).contains(RUNNING);
  }

  @DisplayName("second_delegate_of_a_proxy_is_refused_and_the_first_kept")
  @Test
  void second() {
    forwarding.observed(intended().build());
    assertThat(seen(forwarding, DELEGATE, RUNNING, true)).isTrue();
    var other = new Delegate("b", "cluster-b", "atlas", "job-1", "delegate-2");
    assertThat(seen(forwarding, other, RUNNING, true)).isFalse();
    assertThat(forwarding.delegate()).contains(DELEGATE);
    assertThat(forwarding.delegateGone("delegate-2")).isFalse();
  }

  @DisplayName("delegate_that_ran_and_is_not_there_is_given_up_and_never_created_again")
  @Test
  void lost() {
    forwarding.observed(intended().editStatus().withStartTime("t").endStatus().build());
    assertThat(forwarding.next(Sight.STALE)).isInstanceOf(Step.Await.class);
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.GiveUp.class);
  }

  @DisplayName("lost_proxy_keeps_what_the_primary_had_when_this_process_saw_nothing_itself")
  @Test
  void lostAfterRestart() {
    forwarding.observed(
        intended()
            .editStatus()
            .withStartTime("t")
            .addNewContainerStatus()
            .withName("main")
            .withRestartCount(3)
            .endContainerStatus()
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build());
    var lost = forwarding.lost("gone");
    assertThat(lost.getPhase()).isEqualTo("Failed");
    assertThat(lost.getReason()).isEqualTo("DelegateLost");
    assertThat(lost.getContainerStatuses())
        .singleElement()
        .satisfies(container -> assertThat(container.getRestartCount()).isEqualTo(3));
    assertThat(lost.getConditions())
        .filteredOn(condition -> condition.getType().equals("Ready"))
        .singleElement()
        .satisfies(ready -> assertThat(ready.getStatus()).isEqualTo("Unknown"));
  }

  @DisplayName("accepted_delegate_that_stays_unseen_is_looked_for_once_the_member_is_back_in_sight")
  @Test
  void lookFor() {
    forwarding.observed(proxy().build());
    forwarding.intended(INTENT);
    forwarding.accepted();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
    forwarding.sightChanged();
    assertThat(forwarding.next(Sight.STALE)).isInstanceOf(Step.Nothing.class);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.LookFor(INTENT));
    forwarding.accepted();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
  }

  @DisplayName("delegate_accepted_while_the_member_was_out_of_sight_is_looked_for_once_it_is_back")
  @Test
  void lookForWhatWasAcceptedOutOfSight() {
    forwarding.observed(proxy().build());
    forwarding.sightChanged();
    forwarding.intended(INTENT);
    forwarding.accepted();
    forwarding.sightChanged();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.LookFor(INTENT));
  }

  // --- the slot

  @DisplayName("slot_is_held_by_the_intent_until_this_process_has_seen_the_delegate")
  @Test
  void slot() {
    forwarding.observed(intended().editStatus().withStartTime("t").endStatus().build());
    assertThat(forwarding.slotByIntent()).contains(new NodeKey("a", "n1"));
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.slotByIntent()).isEmpty();
    forwarding.delegateGone(DELEGATE.uid());
    forwarding.gone();
    assertThat(forwarding.slotByIntent()).isEmpty();
  }

  @DisplayName("member_is_in_use_as_long_as_a_delegate_is_or_may_be_there")
  @Test
  void uses() {
    assertThat(forwarding.uses("a")).isFalse();
    forwarding.observed(intended().build());
    assertThat(forwarding.uses("a")).isTrue();
    assertThat(forwarding.uses("b")).isFalse();
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.uses("a")).isTrue();
    forwarding.delegateGone(DELEGATE.uid());
    assertThat(forwarding.uses("a")).isFalse();
  }

  // --- the end

  @DisplayName("removal_deletes_what_is_there_or_may_be_there_and_ends_when_nothing_is")
  @Test
  void removal() {
    forwarding.observed(proxy().build());
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
    forwarding.intended(INTENT);
    assertThat(forwarding.removal()).isEqualTo(new Removal.DeleteUnseen(INTENT));
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.removal()).isEqualTo(new Removal.Delete(DELEGATE));
    forwarding.delegateGone(DELEGATE.uid());
    forwarding.gone();
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
  }

  @DisplayName("delegate_that_shows_up_after_all_was_thought_gone_is_removed_after_all")
  @Test
  void late() {
    forwarding.observed(intended().build());
    forwarding.removing();
    forwarding.gone();
    assertThat(forwarding.isGone()).isTrue();
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.isGone()).isFalse();
    assertThat(forwarding.isRemoving()).isFalse();
    assertThat(forwarding.removal()).isEqualTo(new Removal.Delete(DELEGATE));
  }

  @DisplayName("end_that_nobody_told_is_lost_but_not_where_deletion_was_asked_for")
  @Test
  void wouldBeLost() {
    forwarding.observed(intended().build());
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.wouldBeLost()).isTrue();
    seen(forwarding, DELEGATE, new PodStatusBuilder(RUNNING).withPhase("Succeeded").build(), true);
    assertThat(forwarding.wouldBeLost()).isFalse();
    seen(forwarding, DELEGATE, RUNNING, true);
    forwarding.observed(
        intended().editMetadata().withDeletionTimestamp("now").endMetadata().build());
    assertThat(forwarding.wouldBeLost()).isFalse();
  }

  // --- taken back and placed elsewhere

  @DisplayName("delegate_that_found_no_node_in_time_is_taken_back_at_the_version_that_shows_it")
  @Test
  void takesBack() {
    forwarding.observed(intended().build());
    forwarding.delegateSeen(DELEGATE, "7", false, PENDING, false);
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
    assertThat(forwarding.overdue("another")).isFalse();
    assertThat(forwarding.overdue(DELEGATE.uid())).isTrue();
    assertThat(forwarding.next(Sight.STALE)).isInstanceOf(Step.Nothing.class);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.TakeBack(DELEGATE, "7", INTENT));
    forwarding.notTakenBack();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
  }

  @DisplayName("delegate_that_is_or_was_on_a_node_is_never_taken_back")
  @Test
  void bound() {
    forwarding.observed(intended().build());
    forwarding.delegateSeen(DELEGATE, "7", true, PENDING, false);
    assertThat(forwarding.overdue(DELEGATE.uid())).isFalse();
    forwarding.delegateSeen(DELEGATE, "8", false, PENDING, false);
    assertThat(forwarding.overdue(DELEGATE.uid())).isFalse();
    assertThat(forwarding.next(Sight.FRESH)).isNotInstanceOf(Step.TakeBack.class);
  }

  @DisplayName("nothing_that_is_still_told_of_a_delegate_taken_back_counts")
  @Test
  void afterTakingBack() {
    forwarding.observed(intended().build());
    forwarding.delegateSeen(DELEGATE, "7", false, PENDING, true);
    forwarding.takenBack(DELEGATE.uid());
    assertThat(forwarding.isTakenBack(DELEGATE.uid())).isTrue();
    assertThat(forwarding.delegateGone(DELEGATE.uid())).isFalse();
    // Without a tombstone it may come again where it was intended, and only there.
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Create(INTENT));
  }

  @DisplayName("end_of_a_delegate_that_is_being_taken_back_is_no_loss_unless_it_was_not_our_doing")
  @Test
  void endWhileTakingBack() {
    forwarding.observed(intended().build());
    forwarding.delegateSeen(DELEGATE, "7", false, PENDING, false);
    forwarding.takingBack(DELEGATE.uid());
    assertThat(forwarding.delegateGone(DELEGATE.uid())).isFalse();
    assertThat(forwarding.notTakenBack()).as("deleted by somebody else").isTrue();
    forwarding.delegateSeen(DELEGATE, "7", false, PENDING, false);
    forwarding.takingBack(DELEGATE.uid());
    assertThat(forwarding.notTakenBack()).as("still there").isFalse();
    assertThat(forwarding.delegateGone(DELEGATE.uid())).isTrue();
  }

  @DisplayName("intent_moves_only_past_a_tombstone_that_stands_under_its_own_name")
  @Test
  void tombstone() {
    forwarding.observed(intended().build());
    forwarding.tombstoneSeen(grave("a", INTENT.delegateName(PROXY) + "x"));
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Create(INTENT));
    forwarding.tombstoneSeen(grave("b", INTENT.delegateName(PROXY)));
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Create(INTENT));
    var tombstone = grave("a", INTENT.delegateName(PROXY));
    forwarding.tombstoneSeen(tombstone);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(INTENT)));
    assertThat(forwarding.slotByIntent()).isEmpty();
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
    assertThat(forwarding.hasRemains()).isTrue();
    assertThat(forwarding.uses("a")).isTrue();
    var next = INTENT.next("b", "cluster-b", "n2");
    assertThat(next.attempt()).isEqualTo(1);
    forwarding.intended(next);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Create(next));
    forwarding.tombstoneGone(tombstone.uid());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Create(next));
  }

  @DisplayName("newer_intent_that_the_primary_shows_replaces_an_older_one_and_never_the_reverse")
  @Test
  void newerIntent() {
    var next = INTENT.next("b", "cluster-b", "n2");
    forwarding.observed(
        proxy().editStatus().withConditions(next.toCondition()).endStatus().build());
    assertThat(forwarding.intent()).contains(next);
    forwarding.observed(intended().build());
    assertThat(forwarding.intent()).contains(next);
  }

  @DisplayName("no_order_of_facts_leads_to_a_second_creation_after_anything_showed_a_run")
  @Test
  void neverTwice() {
    Seeds.forEach(HISTORIES, ForwardingTest::live);
  }

  private static void live(long seed) {
    var random = new Random(seed);
    var forwarding = new Forwarding(PROXY);
    boolean ran = false;
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(9)) {
        case 0 -> forwarding.observed(proxy().build());
        case 1 -> forwarding.observed(intended().build());
        case 2 -> {
          forwarding.observed(intended().editStatus().withStartTime("t").endStatus().build());
          ran = true;
        }
        case 3 -> {
          seen(forwarding, DELEGATE, RUNNING, random.nextBoolean());
          ran = true;
        }
        case 4 -> forwarding.delegateGone(DELEGATE.uid());
        case 5 -> forwarding.accepted();
        case 6 -> forwarding.sightChanged();
        case 7 -> forwarding.intended(INTENT);
        default -> forwarding.forgotten();
      }
      for (var sight : EnumSet.allOf(Sight.class)) {
        var next = forwarding.next(sight);
        if (ran) {
          assertThat(next).as("step %d", step).isNotInstanceOf(Step.Create.class);
        }
        if (next instanceof Step.Create) {
          assertThat(sight).isNotEqualTo(Sight.NONE);
          assertThat(forwarding.intent()).isPresent();
        }
      }
    }
  }

  private static boolean seen(
      Forwarding forwarding, Delegate delegate, PodStatus status, boolean tells) {
    return forwarding.delegateSeen(delegate, "7", true, status, tells);
  }

  private static PodBuilder proxy() {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(PROXY.namespace())
        .withName(PROXY.name())
        .withUid(PROXY.uid())
        .endMetadata()
        .withNewSpec()
        .endSpec()
        .withStatus(new PodStatus());
  }

  private static Delegate grave(String member, String name) {
    return new Delegate(member, "cluster-" + member, "atlas", name, member + "/" + name);
  }

  private static PodBuilder intended() {
    Pod pod = proxy().editStatus().withConditions(INTENT.toCondition()).endStatus().build();
    return new PodBuilder(pod);
  }
}
