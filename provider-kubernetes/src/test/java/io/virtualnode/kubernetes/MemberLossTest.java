package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.SiteBench.DELEGATE;
import static io.virtualnode.kubernetes.SiteBench.PROXY;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.config.FaultSettings;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MemberLossTest {

  private static final Duration UNKNOWN_AFTER = Duration.ofSeconds(40);
  private static final Duration FAIL_AFTER = Duration.ofSeconds(100);
  private static final Duration MOMENT = Duration.ofMillis(1);
  private static final PodStatus RUNNING =
      new PodStatusBuilder()
          .withPhase("Running")
          .withStartTime("2026-01-01T00:00:00Z")
          .addNewCondition()
          .withType("Ready")
          .withStatus("True")
          .endCondition()
          .build();

  private final SiteBench bench = new SiteBench();
  private FaultSettings faults = FaultSettings.DEFAULT.withFailAfter(Optional.of(FAIL_AFTER));
  private final MemberLoss loss = new MemberLoss(bench.site, new Ending(bench.site), () -> faults);

  @BeforeEach
  void settings() {
    assertThat(faults.unknownAfter()).isEqualTo(UNKNOWN_AFTER);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @DisplayName(
      "pods_keep_their_phase_and_are_of_unknown_readiness_once_their_member_is_away_so_long")
  @Test
  void unknown() {
    runs();
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER.minus(MOMENT));
    assertThat(bench.said).isEmpty();
    bench.timer.advance(MOMENT);
    assertThat(bench.said)
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.getPhase()).isEqualTo("Running");
              assertThat(status.getConditions())
                  .singleElement()
                  .satisfies(
                      ready -> {
                        assertThat(ready.getStatus()).isEqualTo("Unknown");
                        assertThat(ready.getReason()).isEqualTo("MemberUnreachable");
                        assertThat(ready.getMessage()).contains("member a");
                      });
            });
  }

  @DisplayName("pod_that_is_pending_says_why_nothing_more_is_known_of_it")
  @Test
  void pending() {
    var forwarding = bench.observed(SiteBench.proxy());
    SiteBench.seen(forwarding, DELEGATE, new PodStatusBuilder().withPhase("Pending").build());
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER);
    assertThat(bench.said)
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.getPhase()).isEqualTo("Pending");
              assertThat(status.getReason()).isEqualTo("MemberUnreachable");
            });
  }

  @DisplayName("time_is_counted_from_when_the_member_was_first_out_of_sight")
  @Test
  void countedOnce() {
    runs();
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER.minus(MOMENT));
    loss.outOfSight("a");
    bench.timer.advance(MOMENT);
    assertThat(bench.said).hasSize(1);
    bench.timer.advance(UNKNOWN_AFTER);
    assertThat(bench.said).as("said once").hasSize(1);
  }

  @DisplayName("member_that_is_back_in_time_was_never_lost_and_its_next_absence_counts_anew")
  @Test
  void backInTime() {
    runs();
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER.minus(MOMENT));
    loss.inSight("a");
    assertThat(bench.said).isEmpty();
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER.minus(MOMENT));
    assertThat(bench.said).as("the first absence is over").isEmpty();
    bench.timer.advance(MOMENT);
    assertThat(bench.said).hasSize(1);
  }

  @DisplayName("pods_are_told_of_as_they_are_when_their_member_is_back")
  @Test
  void back() {
    runs();
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER);
    loss.inSight("a");
    bench.timer.settle();
    assertThat(bench.said).hasSize(2).last().isEqualTo(RUNNING);
    bench.timer.advance(FAIL_AFTER);
    assertThat(bench.said).as("nothing of that absence is said any more").hasSize(2);
  }

  @DisplayName("pods_are_failed_after_so_long_and_never_if_so_configured")
  @Test
  void failed() {
    runs();
    loss.outOfSight("a");
    bench.timer.advance(FAIL_AFTER.minus(MOMENT));
    assertThat(bench.said).hasSize(1);
    bench.timer.advance(MOMENT);
    assertThat(bench.said)
        .last()
        .satisfies(
            status -> {
              assertThat(status.getPhase()).isEqualTo("Failed");
              assertThat(status.getReason()).isEqualTo("MemberLost");
              assertThat(status.getStartTime()).isEqualTo(RUNNING.getStartTime());
            });
    loss.inSight("a");
    bench.said.clear();

    faults = FaultSettings.DEFAULT;
    loss.outOfSight("a");
    bench.timer.advance(Duration.ofDays(365));
    assertThat(bench.said).allSatisfy(s -> assertThat(s.getPhase()).isEqualTo("Running"));
  }

  @DisplayName("what_was_failed_is_ended_when_its_member_is_back_and_nothing_else_is")
  @Test
  void ended() {
    var failed = runs();
    var other = bench.observed(SiteBench.proxy(new PodKey("grid", "other", "uid-2")));
    SiteBench.seen(other, new Forwarding.Delegate("a", "cluster-a", "grid", "o", "o"), RUNNING);
    var elsewhere = bench.observed(terminal(new PodKey("grid", "elsewhere", "uid-3")));
    SiteBench.seen(elsewhere, new Forwarding.Delegate("b", "cluster-b", "grid", "e", "e"), RUNNING);
    loss.outOfSight("a");
    bench.timer.advance(FAIL_AFTER);
    bench.observed(terminal(PROXY));
    loss.inSight("a");
    assertThat(failed.isRemoving()).as("not on the watch's thread").isFalse();
    bench.timer.settle();
    assertThat(failed.isRemoving()).isTrue();
    assertThat(other.isRemoving()).isFalse();
    assertThat(elsewhere.isRemoving()).isFalse();
  }

  @DisplayName("pods_of_other_members_and_those_that_have_ended_are_left_alone")
  @Test
  void others() {
    var ended = bench.observed(SiteBench.proxy());
    SiteBench.seen(ended, DELEGATE, new PodStatusBuilder(RUNNING).withPhase("Succeeded").build());
    var elsewhere = bench.observed(SiteBench.proxy(new PodKey("grid", "elsewhere", "uid-2")));
    SiteBench.seen(elsewhere, new Forwarding.Delegate("b", "cluster-b", "grid", "e", "e"), RUNNING);
    loss.outOfSight("a");
    bench.timer.advance(FAIL_AFTER);
    assertThat(bench.said).isEmpty();
  }

  @DisplayName("nothing_is_said_any_more_of_an_absence_that_ends_while_it_is_told_of")
  @Test
  void backWhileTelling() {
    runs();
    var other = bench.observed(SiteBench.proxy(new PodKey("grid", "other", "uid-2")));
    SiteBench.seen(other, new Forwarding.Delegate("a", "cluster-a", "grid", "o", "o"), RUNNING);
    bench.whenSaid = () -> loss.inSight("a");
    loss.outOfSight("a");
    bench.timer.advance(UNKNOWN_AFTER);
    assertThat(bench.said).as("one is told of, and both are put right").hasSize(3);
    assertThat(bench.said.subList(1, 3)).containsOnly(RUNNING);
  }

  @DisplayName("member_that_is_forgotten_is_not_lost")
  @Test
  void forgotten() {
    runs();
    loss.outOfSight("a");
    loss.forget("a");
    bench.timer.advance(FAIL_AFTER);
    assertThat(bench.said).isEmpty();
  }

  private Forwarding runs() {
    var forwarding = bench.observed(SiteBench.proxy());
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    return forwarding;
  }

  private static Pod terminal(PodKey key) {
    return new PodBuilder(SiteBench.proxy(key))
        .editStatus()
        .withPhase("Failed")
        .endStatus()
        .build();
  }
}
