package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CandidacyTest {

  private static final ElectionStep READ = new ElectionStep.Read();
  private static final ElectionStep DONE = new ElectionStep.Done();
  private static final Duration PERIOD = Duration.ofSeconds(2);
  private static final Duration NANO = Duration.ofNanos(1);
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final LeaseClaim THEIRS =
      new LeaseClaim("them", 15, Instant.EPOCH, Instant.EPOCH, 7);

  private final VirtualTimer time = new VirtualTimer();
  private final FakeLease lease = new FakeLease();
  private final Candidacy candidacy =
      new Candidacy("me", ElectionSettings.of("ns", "lease"), Moment.of(time));

  @Test
  void lease_that_was_given_up_is_taken_at_once() {
    lease.force(THEIRS.released(time.now()));
    assertThat(next()).isEqualTo(READ);
    read();
    write(next());
    assertThat(lease.claim())
        .isEqualTo(new LeaseClaim("me", 15, lease.claim().acquired(), lease.claim().renewed(), 8));
  }

  @Test
  void who_is_not_willing_looks_on_and_takes_a_lease_at_once_when_willing_after_its_duration() {
    candidacy.willing(false);
    lease.force(THEIRS);
    read();
    for (int i = 0; i < 8; i++) { // 16 s, of 15
      assertThat(next()).isInstanceOf(ElectionStep.Wait.class);
      time.pass(PERIOD);
      assertThat(next()).isEqualTo(READ);
      read();
    }
    assertThat(next()).isEqualTo(new ElectionStep.Wait(PERIOD));
    candidacy.willing(true);
    time.pass(PERIOD);
    read();
    write(next());
    assertThat(lease.holder()).isEqualTo("me");
  }

  @Test
  void who_is_not_willing_leaves_a_lease_that_was_given_up_and_makes_none() {
    candidacy.willing(false);
    lease.force(THEIRS.released(time.now()));
    read();
    assertThat(next()).isEqualTo(new ElectionStep.Wait(PERIOD));
    lease.delete();
    time.pass(PERIOD);
    read();
    assertThat(next()).isEqualTo(new ElectionStep.Wait(PERIOD));
  }

  @Test
  void who_is_no_longer_willing_keeps_the_lease_that_it_holds() {
    lease.force(THEIRS.released(time.now()));
    read();
    write(next());
    candidacy.willing(false);
    time.pass(PERIOD);
    assertThat(candidacy.next(Moment.of(time), true)).isInstanceOf(ElectionStep.Replace.class);
    candidacy.failed(PrimaryApi.NOT_FOUND, Moment.of(time), Moment.of(time));
    candidacy.saw(null, Moment.of(time));
    assertThat(candidacy.next(Moment.of(time), true)).isInstanceOf(ElectionStep.Create.class);
  }

  @Test
  void lease_made_beforehand_with_nothing_in_it_is_taken_at_once() {
    lease.force(LeaseClaim.of(null));
    read();
    write(next());
    assertThat(lease.holder()).isEqualTo("me");
  }

  @Test
  void lease_that_is_held_is_looked_at_every_retry_period() {
    lease.force(THEIRS);
    read();
    for (int i = 0; i < 20; i++) {
      assertThat(next()).isEqualTo(new ElectionStep.Wait(PERIOD));
      time.pass(PERIOD);
      assertThat(next()).isEqualTo(READ);
      lease.force(THEIRS.renewed(15, time.now()));
      read();
    }
  }

  @Test
  void holder_that_is_gone_is_replaced_after_the_duration_it_wrote() {
    lease.force(new LeaseClaim("them", 5, Instant.EPOCH, Instant.EPOCH, 7));
    read();
    untilLook(PERIOD);
    untilLook(PERIOD);
    untilLook(Duration.ofSeconds(1));
    assertThat(next()).isInstanceOf(ElectionStep.Replace.class);
  }

  @Test
  void holder_is_not_replaced_an_instant_too_early() {
    lease.force(THEIRS);
    read();
    time.pass(LEASE.minus(NANO));
    assertThat(next()).isEqualTo(new ElectionStep.Wait(NANO));
  }

  @Test
  void holder_is_known_to_live_by_the_change_of_what_it_writes_not_by_its_time() {
    lease.force(THEIRS.renewed(15, Instant.EPOCH.plus(Duration.ofDays(1))));
    read();
    time.pass(LEASE.minus(NANO));
    lease.force(THEIRS.renewed(15, Instant.EPOCH.plus(Duration.ofHours(1))));
    read();
    time.pass(LEASE.minus(NANO));
    assertThat(next()).isEqualTo(new ElectionStep.Wait(NANO));
    time.pass(NANO);
    read();
    assertThat(next()).isInstanceOf(ElectionStep.Replace.class);
  }

  @Test
  void labels_that_change_keep_nobody_from_the_lease() {
    lease.force(THEIRS);
    read();
    time.pass(LEASE);
    lease.touch();
    read();
    write(next());
    assertThat(lease.holder()).isEqualTo("me");
  }

  @Test
  void holder_without_a_duration_is_given_ours() {
    lease.force(new LeaseClaim("them", 0, null, null, 0));
    read();
    time.pass(LEASE.minus(NANO));
    assertThat(next()).isEqualTo(new ElectionStep.Wait(NANO));
  }

  @Test
  void missing_lease_is_made_for_nobody_and_taken_after_its_duration() {
    read();
    write(next());
    assertThat(lease.holder()).isEmpty();
    assertThat(lease.claim().durationSeconds()).isEqualTo(15);
    time.pass(LEASE.minus(NANO));
    assertThat(next()).isEqualTo(new ElectionStep.Wait(NANO));
    time.pass(NANO);
    read();
    write(next());
    assertThat(lease.holder()).isEqualTo("me");
  }

  @Test
  void lease_that_vanished_is_left_alone_as_long_as_its_holder_had_asked_for() {
    lease.force(new LeaseClaim("them", 60, Instant.EPOCH, Instant.EPOCH, 7));
    read();
    lease.delete();
    read();
    write(next());
    assertThat(lease.claim().durationSeconds()).isEqualTo(60);
    assertThat(lease.claim().transitions()).isEqualTo(7);
  }

  @Test
  void lease_is_renewed_every_retry_period_without_a_look() {
    gain();
    for (int i = 0; i < 10; i++) {
      assertThat(renew()).isEqualTo(new ElectionStep.Wait(PERIOD));
      time.pass(PERIOD);
      write(renew());
    }
    assertThat(lease.reads).isEqualTo(1);
    assertThat(lease.claim().transitions()).isEqualTo(1);
  }

  @Test
  void renewal_that_fails_is_repeated_a_retry_period_after_it_was_sent() {
    gain();
    time.pass(PERIOD);
    Moment sent = Moment.of(time);
    time.pass(Duration.ofMillis(500));
    candidacy.failed(503, sent, Moment.of(time));
    assertThat(renew()).isEqualTo(new ElectionStep.Wait(Duration.ofMillis(1500)));
    time.pass(Duration.ofMillis(1500));
    assertThat(renew()).isInstanceOf(ElectionStep.Replace.class);
  }

  @Test
  void renewal_that_timed_out_is_repeated_at_once() {
    gain();
    time.pass(PERIOD);
    Moment sent = Moment.of(time);
    time.pass(Duration.ofSeconds(3));
    candidacy.failed(0, sent, Moment.of(time));
    assertThat(renew()).isInstanceOf(ElectionStep.Replace.class);
  }

  @Test
  void renewal_that_comes_too_late_is_made_anew_after_a_look() {
    gain();
    time.pass(PERIOD);
    lease.touch();
    refuse(renew(), PrimaryApi.CONFLICT);
    assertThat(renew()).isEqualTo(READ);
    read();
    write(renew());
    assertThat(lease.holder()).isEqualTo("me");
  }

  @Test
  void conflicts_without_end_are_met_at_the_pace_of_the_retry_period() {
    gain();
    time.pass(PERIOD);
    for (int i = 0; i < 5; i++) {
      lease.touch();
      refuse(renew(), PrimaryApi.CONFLICT);
      if (i > 0) {
        assertThat(renew()).isEqualTo(new ElectionStep.Wait(PERIOD));
        time.pass(PERIOD);
      }
      assertThat(renew()).isEqualTo(READ);
      read();
    }
  }

  @Test
  void lease_that_somebody_else_has_written_himself_into_is_given_up() {
    gain();
    time.pass(PERIOD);
    lease.force(THEIRS);
    refuse(renew(), PrimaryApi.CONFLICT);
    assertThat(renew()).isEqualTo(READ);
    read();
    assertThat(renew()).isEqualTo(new ElectionStep.Yield("them"));
    assertThat(next()).isEqualTo(READ);
    read();
    assertThat(next()).isEqualTo(new ElectionStep.Wait(PERIOD));
  }

  @Test
  void holder_makes_a_deleted_lease_again_and_goes_on() {
    gain();
    LeaseClaim before = lease.claim();
    time.pass(PERIOD);
    lease.delete();
    refuse(renew(), PrimaryApi.NOT_FOUND);
    assertThat(renew()).isEqualTo(READ);
    read();
    write(renew());
    assertThat(lease.claim().holder()).isEqualTo("me");
    assertThat(lease.claim().acquired()).isEqualTo(before.acquired());
    assertThat(lease.claim().transitions()).isEqualTo(before.transitions());
  }

  @Test
  void holder_goes_on_though_a_candidate_was_the_first_to_make_the_lease_again() {
    gain();
    time.pass(PERIOD);
    lease.delete();
    lease.create(LeaseClaim.vacant(15, 1, time.now()));
    refuse(renew(), PrimaryApi.CONFLICT);
    assertThat(renew()).isEqualTo(READ);
    read();
    write(renew());
    assertThat(lease.holder()).isEqualTo("me");
  }

  @Test
  void lease_that_is_ours_after_all_is_renewed_at_once() {
    lease.force(THEIRS.released(time.now()));
    read();
    ElectionStep.Replace late = (ElectionStep.Replace) next();
    candidacy.failed(0, Moment.of(time), Moment.of(time)); // but it was carried out
    lease.replace(late.version(), late.claim());
    assertThat(next()).isEqualTo(new ElectionStep.Wait(PERIOD));
    time.pass(PERIOD);
    assertThat(next()).isEqualTo(READ);
    read();
    write(next());
    assertThat(lease.claim().transitions()).isEqualTo(8);
  }

  @Test
  void lease_is_given_up_at_once_by_who_leaves() {
    gain();
    candidacy.leave(Moment.of(time));
    write(next());
    assertThat(lease.claim().isReleased()).isTrue();
    assertThat(next()).isEqualTo(DONE);
  }

  @Test
  void lease_is_given_up_at_once_though_a_renewal_was_still_under_way() {
    gain();
    time.pass(PERIOD);
    ElectionStep renewal = renew();
    candidacy.leave(Moment.of(time));
    write(renewal);
    write(next());
    assertThat(lease.claim().isReleased()).isTrue();
  }

  @Test
  void lease_is_given_up_though_the_renewal_that_was_under_way_got_no_answer() {
    gain();
    time.pass(PERIOD);
    Moment sent = Moment.of(time);
    time.pass(Duration.ofSeconds(1));
    candidacy.leave(Moment.of(time));
    candidacy.failed(0, sent, Moment.of(time));
    write(next());
    assertThat(lease.claim().isReleased()).isTrue();
  }

  @Test
  void lease_that_changed_meanwhile_is_given_up_after_a_look_if_it_is_still_ours() {
    gain();
    lease.touch();
    candidacy.leave(Moment.of(time));
    refuse(next(), PrimaryApi.CONFLICT);
    assertThat(next()).isEqualTo(READ);
    read();
    write(next());
    assertThat(lease.claim().isReleased()).isTrue();

    candidacy.comeBack(Moment.of(time));
    gain();
    lease.force(THEIRS);
    candidacy.leave(Moment.of(time));
    refuse(next(), PrimaryApi.CONFLICT);
    assertThat(next()).isEqualTo(READ);
    read();
    assertThat(next()).isEqualTo(DONE);
    assertThat(lease.holder()).isEqualTo("them");
  }

  @Test
  void nothing_is_asked_by_a_candidate_that_leaves() {
    lease.force(THEIRS);
    read();
    candidacy.leave(Moment.of(time));
    assertThat(next()).isEqualTo(DONE);
  }

  @Test
  void lease_that_may_have_been_got_is_given_up_by_who_leaves() {
    lease.force(THEIRS.released(time.now()));
    read();
    ElectionStep.Replace late = (ElectionStep.Replace) next();
    candidacy.failed(0, Moment.of(time), Moment.of(time));
    lease.replace(late.version(), late.claim());
    candidacy.leave(Moment.of(time));
    assertThat(next()).isEqualTo(READ);
    read();
    write(next());
    assertThat(lease.claim().isReleased()).isTrue();
  }

  @Test
  void who_leaves_does_not_wait_for_a_primary_that_does_not_answer() {
    gain();
    candidacy.leave(Moment.of(time));
    assertThat(next()).isInstanceOf(ElectionStep.Replace.class);
    candidacy.failed(0, Moment.of(time), Moment.of(time));
    assertThat(next()).isEqualTo(DONE);
  }

  private ElectionStep next() {
    return candidacy.next(Moment.of(time), false);
  }

  private ElectionStep renew() {
    return candidacy.next(Moment.of(time), true);
  }

  private void read() {
    @Nullable LeaseRecord found = lease.read().orElse(null);
    candidacy.saw(found, Moment.of(time));
  }

  private void untilLook(Duration expected) {
    assertThat(next()).isEqualTo(new ElectionStep.Wait(expected));
    time.pass(expected);
    assertThat(next()).isEqualTo(READ);
    read();
  }

  private void write(ElectionStep step) {
    LeaseRecord stored =
        step instanceof ElectionStep.Create create
            ? lease.create(create.claim())
            : replace((ElectionStep.Replace) step);
    candidacy.stored(stored, Moment.of(time), Moment.of(time));
  }

  private LeaseRecord replace(ElectionStep.Replace step) {
    return lease.replace(step.version(), step.claim());
  }

  private void refuse(ElectionStep step, int code) {
    assertThat(step).isInstanceOf(ElectionStep.Replace.class);
    candidacy.failed(code, Moment.of(time), Moment.of(time));
  }

  private void gain() {
    if (lease.reads == 0) {
      lease.force(new LeaseClaim("", 0, null, null, 0));
    }
    read();
    write(next());
    assertThat(lease.holder()).isEqualTo("me");
  }
}
