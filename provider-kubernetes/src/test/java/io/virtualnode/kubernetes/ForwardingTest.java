package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.Forwarding.Delegate;
import io.virtualnode.kubernetes.Forwarding.Sight;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  private static final Intent NAMED = INTENT.naming("delegate-1");
  private static final Delegate CREATED =
      new Delegate("a", "cluster-a", "atlas", INTENT.delegateName(PROXY), "delegate-1");

  private final Forwarding forwarding = new Forwarding(PROXY);

  // --- where a new proxy goes

  @DisplayName("proxy_without_an_intent_is_placed")
  @Test
  void placed() {
    forwarding.observed(proxy().build());
    assertThat(forwarding.next(Sight.NONE)).isInstanceOf(Step.Place.class);
  }

  @DisplayName("delegate_that_was_just_created_and_intended_is_started_before_any_watch_shows_it")
  @ParameterizedTest
  @EnumSource(
      value = Sight.class,
      names = {"STALE", "FRESH"})
  void created(Sight sight) {
    forwarding.observed(proxy().build());
    assertThat(forwarding.creation().begin("a", CREATED.name())).isEmpty();
    forwarding.creation().made(CREATED);
    assertThat(forwarding.next(sight)).as("not intended yet").isInstanceOf(Step.Place.class);
    forwarding.intended(NAMED);
    assertThat(forwarding.next(sight)).isEqualTo(new Step.Start(CREATED));
    forwarding.accepted();
    assertThat(forwarding.next(sight)).isInstanceOf(Step.Nothing.class);
  }

  @DisplayName("own_intent_whose_storing_was_not_answered_is_known_again_when_the_watch_shows_it")
  @Test
  void unanswered() {
    forwarding.observed(proxy().build());
    forwarding.creation().begin("a", CREATED.name());
    forwarding.creation().made(CREATED);
    forwarding.observed(named().build());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Start(CREATED));
  }

  @DisplayName(
      "what_was_created_is_discarded_when_another_intent_prevails_or_it_is_placed_elsewhere")
  @Test
  void prevailed() {
    forwarding.observed(proxy().build());
    forwarding.creating("b", CREATED.name());
    var other = new Delegate("b", "cluster-b", "atlas", CREATED.name(), "delegate-2");
    forwarding.creation().made(other);
    forwarding.creating("b", CREATED.name());
    assertThat(forwarding.hasAbandoned()).isFalse();
    forwarding.observed(named().build());
    assertThat(forwarding.takeAbandoned()).containsExactly(other);
    assertThat(forwarding.takeAbandoned()).isEmpty();
    forwarding.discarded("delegate-2");
    assertThat(shut(CREATED)).isTrue();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Start(CREATED));

    var moved = new Forwarding(PROXY);
    moved.observed(proxy().build());
    moved.creating("b", CREATED.name());
    moved.creation().made(other);
    assertThat(moved.uses("b")).isTrue();
    moved.creating("a", CREATED.name());
    assertThat(moved.takeAbandoned()).as("its intent may be under way").isEmpty();
    assertThat(moved.creation().made()).isEmpty();
    assertThat(moved.uses("b")).isTrue();
    assertThat(moved.remains()).containsExactly(other);
    moved.intended(NAMED);
    assertThat(moved.takeAbandoned()).containsExactly(other);
    assertThat(moved.remains()).isEmpty();
  }

  @DisplayName("delegate_that_was_given_up_and_comes_to_be_intended_after_all_is_started")
  @Test
  void intendedAfterAll() {
    forwarding.observed(proxy().build());
    forwarding.creating("a", CREATED.name());
    forwarding.creation().made(CREATED);
    forwarding.creating("b", CREATED.name());
    var other = new Delegate("b", "cluster-b", "atlas", CREATED.name(), "delegate-2");
    forwarding.creation().made(other);
    forwarding.observed(named().build());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Start(CREATED));
    assertThat(forwarding.takeAbandoned()).containsExactly(other);
  }

  @DisplayName("intended_delegate_takes_the_place_of_one_that_was_seen_while_it_was_being_created")
  @Test
  void displaced() {
    forwarding.observed(proxy().build());
    forwarding.creating("b", CREATED.name());
    var other = new Delegate("b", "cluster-b", "atlas", CREATED.name(), "delegate-2");
    assertThat(shut(other)).isTrue();
    forwarding.observed(named().build());
    assertThat(forwarding.removal()).isEqualTo(new Removal.DeleteUnseen(NAMED));
    assertThat(shut(CREATED)).isTrue();
    assertThat(forwarding.delegate()).contains(CREATED);
    assertThat(forwarding.takeAbandoned()).containsExactly(other);
    forwarding.accepted();
    forwarding.discarded(other.uid());
    assertThat(forwarding.delegate()).contains(CREATED);
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
  }

  @DisplayName("other_intent_of_the_same_attempt_that_prevailed_is_taken_over")
  @Test
  void otherPrevails() {
    forwarding.observed(proxy().build());
    forwarding.intended(NAMED);
    var theirs = INTENT.naming("delegate-9");
    forwarding.decidedOn(
        proxy().editStatus().withConditions(theirs.toCondition()).endStatus().build());
    assertThat(forwarding.intent()).contains(theirs);
    assertThat(forwarding.mayStart(CREATED)).isFalse();
  }

  @DisplayName("what_is_said_of_a_proxy_that_only_the_primary_knows_leaves_others_conditions_out")
  @Test
  void told() {
    forwarding.observed(
        new PodBuilder(named().build())
            .editStatus()
            .addNewCondition()
            .withType("example.org/gate")
            .withStatus("True")
            .endCondition()
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build());
    assertThat(forwarding.lastKnown().orElseThrow().getConditions())
        .singleElement()
        .satisfies(condition -> assertThat(condition.getType()).isEqualTo("Ready"));
    assertThat(forwarding.lost("gone").getConditions()).hasSize(1);
  }

  @DisplayName(
      "delegate_that_an_intent_names_and_that_is_not_there_is_lost_and_never_created_again")
  @Test
  void inherited() {
    forwarding.observed(named().build());
    assertThat(forwarding.next(Sight.STALE)).isInstanceOf(Step.AwaitSight.class);
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.GiveUp.class);
  }

  @DisplayName("another_delegate_may_be_intended_only_when_none_is_or_that_one_provably_never_ran")
  @Test
  void mayIntend() {
    forwarding.observed(proxy().build());
    assertThat(forwarding.mayIntend()).isTrue();
    forwarding.observed(named().build());
    assertThat(forwarding.mayIntend()).isFalse();
    forwarding.delegateSeen(CREATED, "7", false, false, PENDING, false);
    forwarding.takenBack(CREATED);
    assertThat(forwarding.mayIntend()).isTrue();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(NAMED)));
  }

  @DisplayName("nothing_is_created_where_the_intended_member_is_not")
  @Test
  void noMember() {
    forwarding.observed(intended().build());
    assertThat(forwarding.next(Sight.NONE)).isEqualTo(new Step.NotConfigured(INTENT));
  }

  @DisplayName("what_is_said_of_a_cluster_is_said_of_the_member_that_it_is_now")
  @Test
  void renamed() {
    forwarding.observed(named().build());
    assertThat(forwarding.rename("cluster-b"::equals, "b")).isFalse();
    assertThat(forwarding.awaits("a")).isTrue();
    assertThat(forwarding.rename("cluster-a"::equals, "c")).isTrue();
    assertThat(forwarding.rename("cluster-a"::equals, "c")).isFalse();
    assertThat(forwarding.awaits("a")).isFalse();
    assertThat(forwarding.awaits("c")).isTrue();
    assertThat(forwarding.uses("a")).isFalse();
    assertThat(forwarding.slotIn("c")).contains(new NodeKey("c", "n1"));
    assertThat(forwarding.intent()).contains(NAMED.in("c"));
    forwarding.observed(named().build()); // the primary keeps the former name
    assertThat(forwarding.intent()).contains(NAMED.in("c"));
    seen(forwarding, CREATED.in("c"), RUNNING, true);
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Show.class);

    forwarding.rename("cluster-a"::equals, "d");
    assertThat(forwarding.delegate()).contains(CREATED.in("d"));
    assertThat(forwarding.isAt("d")).isTrue();
    assertThat(forwarding.removal()).isEqualTo(new Removal.Delete(CREATED.in("d")));
    assertThat(forwarding.delegateGone(CREATED.uid())).isTrue();
    assertThat(forwarding.wouldBeLost()).as("its end was not told").isTrue();
  }

  @DisplayName("delegate_that_waits_to_be_started_is_the_intended_one_under_whatever_name")
  @Test
  void intendedUnderAnotherName() {
    forwarding.observed(named().build());
    assertThat(forwarding.isStray(CREATED.in("c"), true)).isFalse();
    assertThat(
            forwarding.isStray(
                new Delegate("a", "cluster-a", "atlas", CREATED.name(), "delegate-2"), true))
        .isTrue();
  }

  @DisplayName("tombstone_proves_under_the_new_name_what_it_proved_under_the_former")
  @Test
  void tombstoneRenamed() {
    forwarding.observed(intended().build());
    forwarding.tombstoneSeen(
        new Delegate("a", "cluster-a", "atlas", INTENT.delegateName(PROXY), "grave"));
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Place.class);
    forwarding.rename("cluster-a"::equals, "c");
    assertThat(forwarding.isBuried(INTENT.in("c"))).isTrue();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Place.class);
    assertThat(forwarding.slotIn("a")).isEmpty();
  }

  @DisplayName("what_was_created_and_not_yet_intended_is_under_the_new_name")
  @Test
  void creationRenamed() {
    forwarding.observed(proxy().build());
    forwarding.creating("a", CREATED.name());
    forwarding.creation().made(CREATED);
    forwarding.rename("cluster-a"::equals, "c");
    assertThat(forwarding.creation().made()).contains(CREATED.in("c"));
    assertThat(forwarding.creation().isUnderWay(CREATED.in("c"))).isTrue();
    assertThat(forwarding.uses("a")).isFalse();
    assertThat(forwarding.uses("c")).isTrue();
  }

  @DisplayName("proxy_no_longer_says_that_nobody_knows_once_its_pending_delegate_is_seen")
  @ParameterizedTest
  @ValueSource(strings = {"MemberNotConfigured", "MemberUnreachable"})
  void backInSight(String reason) {
    var unknown = named().editStatus().withPhase("Pending").withReason(reason).endStatus().build();
    forwarding.observed(unknown);
    assertThat(forwarding.toShow()).isEmpty();
    forwarding.delegateSeen(CREATED, "7", false, true, PENDING, false);
    assertThat(forwarding.toShow().orElseThrow().getReason()).isNull();
    forwarding.observed(named().build());
    assertThat(forwarding.toShow()).isEmpty();
  }

  @DisplayName("proxy_whose_intent_another_version_wrote_is_left_alone")
  @Test
  void unreadable() {
    forwarding.observed(ofTheFuture());
    assertLeftAlone();
    assertThat(forwarding.removal()).isInstanceOf(Removal.Unreadable.class);
    assertThat(shut(CREATED)).as("it may be what that version intends").isTrue();
    assertLeftAlone();
    assertThat(forwarding.removal()).isInstanceOf(Removal.Unreadable.class);
    assertThat(forwarding.delegateGone(CREATED.uid())).as("told").isFalse();
    assertLeftAlone();
    seen(forwarding, DELEGATE, RUNNING, true);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Show(RUNNING));
    assertThat(forwarding.removal()).isEqualTo(new Removal.Delete(DELEGATE));
  }

  @DisplayName("proxy_that_another_version_takes_over_and_gives_back_is_left_alone_in_between")
  @Test
  void unreadableForAWhile() {
    forwarding.observed(named().build());
    assertThat(shut(CREATED)).isTrue();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Start(CREATED));
    forwarding.overdue(CREATED.uid());
    forwarding.tombstoneSeen(grave("a", CREATED.name()));
    forwarding.observed(ofTheFuture());
    assertLeftAlone();
    assertThat(forwarding.isToBeStarted()).isFalse();
    assertThat(forwarding.removal()).isInstanceOf(Removal.Unreadable.class);
    forwarding.notTakenBack();
    forwarding.observed(named().build());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Start(CREATED));
  }

  private void assertLeftAlone() {
    for (var sight : Sight.values()) {
      assertThat(forwarding.next(sight))
          .isInstanceOfSatisfying(
              Step.LeaveAlone.class,
              alone -> assertThat(alone.message()).contains("uid-1", "another version wrote it"));
    }
    assertThat(forwarding.mayIntend()).isFalse();
    assertThat(forwarding.mayStart(CREATED)).isFalse();
  }

  private static Pod ofTheFuture() {
    var condition = NAMED.toCondition();
    condition.setMessage(condition.getMessage().replace("v2 ", "v3 "));
    return proxy().editStatus().withConditions(condition).endStatus().build();
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
    assertThat(forwarding.next(Sight.STALE)).isInstanceOf(Step.AwaitSight.class);
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

  // --- started by a second request

  @DisplayName(
      "delegate_that_was_created_is_started_where_it_is_intended_until_the_member_has_done_so")
  @Test
  void started() {
    forwarding.observed(named().build());
    assertThat(shut(CREATED)).isTrue();
    assertThat(forwarding.isToBeStarted()).isTrue();
    assertThat(forwarding.runs()).isFalse();
    assertThat(forwarding.next(Sight.STALE)).isEqualTo(new Step.Start(CREATED));
    forwarding.accepted();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
    forwarding.delegateSeen(CREATED, "8", false, true, RUNNING, true);
    assertThat(forwarding.isToBeStarted()).isFalse();
    assertThat(forwarding.runs()).isTrue();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Show(RUNNING));
  }

  @DisplayName("delegate_of_an_earlier_process_that_was_not_started_yet_is_started_by_the_next")
  @Test
  void startedByTheNext() {
    assertThat(shut(CREATED)).as("seen before its proxy").isTrue();
    forwarding.observed(named().build());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Start(CREATED));
  }

  @DisplayName("nothing_is_started_for_a_proxy_that_is_to_end_or_has_gone")
  @Test
  void notStarted() {
    forwarding.observed(named().build());
    shut(CREATED);
    assertThat(forwarding.mayStart(CREATED)).isTrue();
    forwarding.removing();
    assertThat(forwarding.mayStart(CREATED)).as("removed").isFalse();
    var gone = new Forwarding(PROXY);
    gone.observed(named().build());
    gone.forgotten(true);
    assertThat(gone.mayStart(CREATED)).as("gone").isFalse();
    var deleted = new Forwarding(PROXY);
    deleted.observed(
        new PodBuilder(named().build())
            .editMetadata()
            .withDeletionTimestamp("t")
            .endMetadata()
            .build());
    assertThat(deleted.mayStart(CREATED)).as("deleted").isFalse();
    assertThat(deleted.mayStart(DELEGATE)).as("of another name").isFalse();
    var failed = new Forwarding(PROXY);
    failed.observed(
        new PodBuilder(named().build()).editStatus().withPhase("Failed").endStatus().build());
    assertThat(failed.mayStart(CREATED)).as("failed by somebody else").isFalse();
    var unnamed = new Forwarding(PROXY);
    unnamed.observed(intended().build());
    assertThat(unnamed.mayStart(CREATED)).as("not named").isFalse();
  }

  @DisplayName("pod_that_a_late_request_created_where_none_is_intended_is_a_stray_and_not_kept")
  @Test
  void stray() {
    var elsewhere = INTENT.next("b", "cluster-b", "n2").naming("delegate-9");
    forwarding.observed(
        proxy().editStatus().withConditions(elsewhere.toCondition()).endStatus().build());
    assertThat(forwarding.isStray(CREATED, true)).isTrue();
    assertThat(forwarding.isStray(CREATED, false)).as("it runs").isFalse();
    assertThat(shut(CREATED)).isFalse();
    assertThat(forwarding.delegate()).isEmpty();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.GiveUp.class);
  }

  @DisplayName("pod_of_the_intended_name_and_another_UID_is_never_started")
  @Test
  void sameName() {
    var again = new Delegate("a", "cluster-a", "atlas", CREATED.name(), "delegate-2");
    forwarding.observed(named().build());
    assertThat(forwarding.mayStart(again)).isFalse();
    assertThat(shut(again)).isFalse();
    assertThat(forwarding.mayStart(CREATED)).isTrue();
  }

  @DisplayName("delegate_that_is_being_created_is_no_stray_and_may_be_created_again_when_it_goes")
  @Test
  void underWay() {
    forwarding.observed(proxy().build());
    assertThat(forwarding.isStray(CREATED, true)).isTrue();
    forwarding.creation().begin("a", CREATED.name());
    assertThat(shut(CREATED)).isTrue();
    assertThat(forwarding.next(Sight.NONE)).isInstanceOf(Step.Place.class);
    assertThat(forwarding.delegateGone(CREATED.uid())).isFalse();
    assertThat(forwarding.next(Sight.NONE)).isInstanceOf(Step.Place.class);
  }

  @DisplayName("stray_that_was_seen_before_its_proxy_is_discarded_when_no_intent_can_name_it")
  @Test
  void strayFirst() {
    assertThat(shut(CREATED)).isTrue();
    forwarding.observed(proxy().build());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.empty()));
    forwarding.observed(
        proxy()
            .editStatus()
            .withConditions(INTENT.naming("delegate-9").toCondition())
            .endStatus()
            .build());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Discard(CREATED));
    forwarding.discarded(CREATED.uid());
    assertThat(forwarding.remains()).isEmpty();
  }

  @DisplayName("stray_of_the_attempt_after_the_intended_one_may_be_named_yet_and_is_kept")
  @Test
  void strayOfTheNextAttempt() {
    var next = INTENT.next("b", "cluster-b", "n2");
    var ahead = new Delegate("b", "cluster-b", "atlas", next.delegateName(PROXY), "delegate-2");
    forwarding.observed(named().build());
    assertThat(forwarding.isStray(ahead, true)).isTrue();
    forwarding.straySeen(ahead);
    forwarding.straySeen(ahead);
    assertThat(forwarding.takeAbandoned()).isEmpty();
    assertThat(forwarding.remains()).containsExactly(ahead);
    forwarding.forgotten(true);
    assertThat(forwarding.hasRemains()).as("removed with its proxy").isTrue();
    forwarding.observed(named().build());
    var ran = new Forwarding(PROXY);
    ran.observed(named().build());
    ran.straySeen(ahead);
    ran.delegateSeen(CREATED, "7", false, false, PENDING, false);
    assertThat(ran.takeAbandoned()).isEmpty();
    ran.delegateSeen(CREATED, "8", false, true, RUNNING, true);
    assertThat(ran.takeAbandoned()).as("none follows what ran").containsExactly(ahead);
    forwarding.intended(next.naming("delegate-3"));
    assertThat(forwarding.takeAbandoned()).containsExactly(ahead);
    assertThat(forwarding.takeAbandoned()).isEmpty();
  }

  @DisplayName("proxy_is_missing_when_it_went_unwitnessed_and_was_not_being_deleted")
  @Test
  void missing() {
    forwarding.observed(intended().build());
    forwarding.forgotten(true);
    assertThat(forwarding.isMissing()).isFalse();
    forwarding.forgotten(false);
    assertThat(forwarding.isMissing()).isTrue();
    forwarding.observed(intended().build());
    assertThat(forwarding.isMissing()).isFalse();
    forwarding.observed(intended().editMetadata().withDeletionTimestamp("t").endMetadata().build());
    forwarding.forgotten(false);
    assertThat(forwarding.isMissing()).isFalse();
  }

  private boolean shut(Delegate created) {
    return forwarding.delegateSeen(created, "7", true, false, PENDING, false);
  }

  // --- taken back and placed elsewhere

  @DisplayName("delegate_that_found_no_node_in_time_is_taken_back_at_the_version_that_shows_it")
  @Test
  void takesBack() {
    forwarding.observed(intended().build());
    forwarding.delegateSeen(DELEGATE, "7", false, false, PENDING, false);
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
    forwarding.delegateSeen(DELEGATE, "7", false, true, PENDING, false);
    assertThat(forwarding.overdue(DELEGATE.uid())).isFalse();
    forwarding.delegateSeen(DELEGATE, "8", false, false, PENDING, false);
    assertThat(forwarding.overdue(DELEGATE.uid())).isFalse();
    assertThat(forwarding.next(Sight.FRESH)).isNotInstanceOf(Step.TakeBack.class);
  }

  @DisplayName("nothing_that_is_still_told_of_a_delegate_taken_back_counts")
  @Test
  void afterTakingBack() {
    forwarding.observed(named().build());
    forwarding.delegateSeen(CREATED, "7", false, false, PENDING, true);
    assertThat(forwarding.takenBack(CREATED)).isTrue();
    assertThat(forwarding.takenBack(CREATED)).as("told again").isFalse();
    assertThat(forwarding.isTakenBack(CREATED.uid())).isTrue();
    assertThat(forwarding.delegateGone(CREATED.uid())).isFalse();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(NAMED)));
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
  }

  @DisplayName("delegate_that_an_earlier_process_took_back_is_no_loss_and_is_placed_anew")
  @Test
  void takenBackBefore() {
    forwarding.observed(named().build());
    assertThat(forwarding.slotByIntent()).isPresent();
    assertThat(forwarding.takenBack(CREATED)).isTrue();
    assertThat(forwarding.slotByIntent()).isEmpty();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(NAMED)));
    forwarding.tombstoneGone(CREATED.uid());
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(NAMED)));
    var ran = new Forwarding(PROXY);
    ran.observed(
        new PodBuilder(named().build()).editStatus().withStartTime("t").endStatus().build());
    ran.takenBack(CREATED);
    assertThat(ran.next(Sight.FRESH)).as("it has run").isInstanceOf(Step.GiveUp.class);
  }

  @DisplayName("delegate_taken_back_of_an_intent_that_names_no_UID_is_known_by_its_name")
  @Test
  void takenBackUnnamed() {
    forwarding.observed(intended().build());
    assertThat(forwarding.takenBack(CREATED)).isTrue();
    assertThat(forwarding.takeAbandoned()).isEmpty();
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(INTENT)));
  }

  @DisplayName(
      "proof_is_kept_under_any_name_of_the_member_and_let_go_once_nothing_is_placed_any_more")
  @Test
  void needed() {
    var proof = CREATED.in("b");
    forwarding.observed(named().build());
    assertThat(forwarding.takenBack(proof)).as("news of the intended one").isTrue();
    assertThat(forwarding.isNeeded(proof)).isTrue();
    assertThat(forwarding.takeAbandoned()).isEmpty();
    forwarding.lost("ended otherwise");
    assertThat(forwarding.isNeeded(proof)).isFalse();
    assertThat(forwarding.takeAbandoned()).containsExactly(proof);
  }

  @DisplayName(
      "proxy_whose_delegate_was_taken_back_is_lost_with_no_member_which_is_in_use_all_the_same")
  @Test
  void takenBackIsNowhere() {
    forwarding.observed(named().build());
    assertThat(forwarding.isAt("a")).isTrue();
    forwarding.takenBack(CREATED);
    assertThat(forwarding.isAt("a")).isFalse();
    assertThat(forwarding.slotIn("a")).isEmpty();
    var next = INTENT.next("b", "cluster-b", "n2").naming("delegate-2");
    forwarding.intended(next);
    var second = new Delegate("b", "cluster-b", "atlas", next.delegateName(PROXY), "delegate-2");
    forwarding.delegateSeen(second, "7", false, true, RUNNING, true);
    assertThat(forwarding.uses("a")).as("the proof is there").isTrue();
    forwarding.tombstoneGone(CREATED.uid());
    assertThat(forwarding.uses("a")).isFalse();
    assertThat(forwarding.uses("b")).isTrue();
  }

  @DisplayName("gated_pod_of_a_proxy_that_goes_in_the_midst_of_a_move_is_left_to_be_removed")
  @Test
  void goneWhileMoving() {
    forwarding.observed(named().build());
    forwarding.takenBack(CREATED);
    var next = INTENT.next("b", "cluster-b", "n2");
    var second = new Delegate("b", "cluster-b", "atlas", next.delegateName(PROXY), "delegate-2");
    forwarding.creating("b", second.name());
    forwarding.delegateSeen(second, "7", true, false, PENDING, false);
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
    forwarding.gone();
    forwarding.forgotten(true);
    assertThat(forwarding.hasRemains()).isTrue();
    assertThat(forwarding.remains()).contains(second);
    assertThat(forwarding.isOver()).isFalse();
  }

  @DisplayName("proxy_that_is_gone_ends_though_its_intent_cannot_be_read")
  @Test
  void unreadableAndGone() {
    forwarding.observed(ofTheFuture());
    assertThat(forwarding.removal()).isInstanceOf(Removal.Unreadable.class);
    forwarding.forgotten(true);
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
  }

  @DisplayName("delegate_taken_back_is_let_go_once_another_is_intended_and_until_it_has_gone")
  @Test
  void spent() {
    forwarding.observed(named().build());
    forwarding.takenBack(CREATED);
    assertThat(forwarding.hasAbandoned()).isFalse();
    var next = INTENT.next("b", "cluster-b", "n2").naming("delegate-2");
    forwarding.intended(next);
    assertThat(forwarding.takeAbandoned()).containsExactly(CREATED);
    assertThat(forwarding.takeAbandoned()).containsExactly(CREATED);
    var second = new Delegate("b", "cluster-b", "atlas", next.delegateName(PROXY), "delegate-2");
    forwarding.delegateSeen(second, "7", false, false, PENDING, false);
    assertThat(forwarding.takenBack(CREATED)).as("shown again").isFalse();
    assertThat(forwarding.delegate()).contains(second);
    forwarding.tombstoneGone(CREATED.uid());
    assertThat(forwarding.hasAbandoned()).isFalse();
    forwarding.forgotten(true);
    assertThat(forwarding.isOver()).isFalse();
    forwarding.delegateGone(second.uid());
    forwarding.gone();
    assertThat(forwarding.isOver()).isTrue();
  }

  @DisplayName("delegate_that_is_not_taken_back_and_goes_was_deleted_by_somebody_else")
  @Test
  void endWhileTakingBack() {
    forwarding.observed(intended().build());
    forwarding.delegateSeen(DELEGATE, "7", false, false, PENDING, false);
    forwarding.notTakenBack();
    assertThat(forwarding.delegateGone(DELEGATE.uid())).isTrue();
  }

  @DisplayName("nothing_is_started_once_a_loss_is_told_also_where_another_intent_was_under_way")
  @Test
  void givenUp() {
    forwarding.observed(named().build());
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.GiveUp.class);
    forwarding.lost("gone");
    var next = INTENT.next("b", "cluster-b", "n2");
    var second = new Delegate("b", "cluster-b", "atlas", next.delegateName(PROXY), "delegate-2");
    forwarding.delegateSeen(second, "7", true, false, PENDING, false);
    forwarding.observed(
        proxy()
            .editStatus()
            .withConditions(next.naming("delegate-2").toCondition())
            .endStatus()
            .build());
    assertThat(forwarding.isIntended(second)).isTrue();
    assertThat(forwarding.mayStart(second)).isFalse();
    assertThat(forwarding.next(Sight.FRESH)).isNotInstanceOf(Step.Start.class);
  }

  @DisplayName("intent_moves_only_past_a_tombstone_that_stands_under_its_own_name")
  @Test
  void tombstone() {
    forwarding.observed(intended().build());
    forwarding.tombstoneSeen(grave("a", INTENT.delegateName(PROXY) + "x"));
    assertThat(forwarding.mayIntend()).isFalse();
    forwarding.tombstoneSeen(grave("b", INTENT.delegateName(PROXY)));
    assertThat(forwarding.mayIntend()).isFalse();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.GiveUp.class);
    var tombstone = grave("a", INTENT.delegateName(PROXY));
    forwarding.tombstoneSeen(tombstone);
    assertThat(forwarding.next(Sight.FRESH)).isEqualTo(new Step.Place(Optional.of(INTENT)));
    var ran = new Forwarding(PROXY);
    ran.observed(intended().editStatus().withStartTime("t").endStatus().build());
    ran.tombstoneSeen(tombstone);
    assertThat(ran.next(Sight.FRESH)).as("it has run").isInstanceOf(Step.GiveUp.class);
    assertThat(forwarding.slotByIntent()).isEmpty();
    assertThat(forwarding.removal()).isInstanceOf(Removal.Done.class);
    assertThat(forwarding.hasRemains()).isTrue();
    assertThat(forwarding.uses("a")).isTrue();
    var next = INTENT.next("b", "cluster-b", "n2");
    assertThat(next.attempt()).isEqualTo(1);
    forwarding.intended(next);
    assertThat(forwarding.mayIntend()).isFalse();
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
    forwarding.tombstoneGone(tombstone.uid());
    assertThat(forwarding.next(Sight.FRESH)).isInstanceOf(Step.Nothing.class);
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
      switch (random.nextInt(12)) {
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
        case 7 -> forwarding.observed(named().build());
        case 8 -> forwarding.delegateSeen(CREATED, "7", true, false, PENDING, false);
        case 9 -> {
          if (forwarding.mayIntend()) {
            forwarding.creation().begin("a", CREATED.name());
            forwarding.creation().made(CREATED);
            if (random.nextBoolean()) {
              forwarding.intended(NAMED);
            }
          }
        }
        case 10 -> forwarding.delegateGone(CREATED.uid());
        default -> forwarding.forgotten(random.nextBoolean());
      }
      for (var sight : EnumSet.allOf(Sight.class)) {
        var next = forwarding.next(sight);
        if (ran) {
          assertThat(next).as("step %d", step).isNotInstanceOf(Step.Place.class);
        }
        if (next instanceof Step.Start start) {
          assertThat(forwarding.intent().flatMap(Intent::delegateUid))
              .as("step %d", step)
              .contains(start.delegate().uid());
        }
      }
    }
  }

  private static boolean seen(
      Forwarding forwarding, Delegate delegate, PodStatus status, boolean tells) {
    return forwarding.delegateSeen(delegate, "7", false, true, status, tells);
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

  private static PodBuilder named() {
    return new PodBuilder(
        proxy().editStatus().withConditions(NAMED.toCondition()).endStatus().build());
  }

  private static PodBuilder intended() {
    Pod pod = proxy().editStatus().withConditions(INTENT.toCondition()).endStatus().build();
    return new PodBuilder(pod);
  }
}
