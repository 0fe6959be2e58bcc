package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TimelineTest {

  private final Timeline timeline = new Timeline(1);
  private int version;

  private PodSighting pod(@Nullable String node, String phase) {
    return new PodSighting("MODIFIED", "u", Integer.toString(++version), node, phase);
  }

  private static long ms(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void each_step_counts_from_its_cause_to_its_effect_as_first_seen() {
    timeline.inPrimary(pod(null, "Pending"), ms(1));
    timeline.inPrimary(pod("vnode", "Pending"), ms(2));
    timeline.inPrimary(pod("vnode", "Pending"), ms(9));
    timeline.inMember(pod(null, "Pending"), ms(12));
    timeline.inMember(pod("n", "Running"), ms(20));
    timeline.inPrimary(pod("vnode", "Running"), ms(25));
    timeline.inMember(pod("n", "Succeeded"), ms(40));
    assertThat(timeline.missing()).isEqualTo(1);
    timeline.inPrimary(pod("vnode", "Succeeded"), ms(47));

    assertThat(timeline.awaitOver(0)).isTrue();
    assertThat(timeline.forward().millis(50)).isCloseTo(10, accurately());
    assertThat(timeline.feedbackRunning().millis(50)).isCloseTo(5, accurately());
    assertThat(timeline.feedbackOver().millis(50)).isCloseTo(7, accurately());
    assertThat(timeline.feedback().count()).isEqualTo(2);
  }

  @Test
  void the_skew_is_the_distance_between_two_sightings_of_one_write() {
    var write = pod("vnode", "Pending");
    timeline.again(write, ms(5));
    timeline.inPrimary(write, ms(3));
    timeline.inPrimary(pod("vnode", "Running"), ms(9));

    assertThat(timeline.skew().count()).isEqualTo(1);
    assertThat(timeline.skew().millis(50)).isCloseTo(2, accurately());
  }

  @Test
  void a_run_counts_only_if_every_pod_was_seen_to_run_and_succeeded() {
    timeline.inPrimary(pod("vnode", "Running"), ms(1));
    timeline.inPrimary(pod("vnode", "Failed"), ms(2));

    assertThatThrownBy(() -> timeline.requireSuccess("steady"))
        .hasMessage("steady: of 1 pods 1 were seen Running and 0 Succeeded");

    var other = new Timeline(1);
    other.inPrimary(pod("vnode", "Succeeded"), ms(2));
    assertThatThrownBy(() -> other.requireSuccess("steady"))
        .hasMessage("steady: of 1 pods 0 were seen Running and 1 Succeeded");

    var good = new Timeline(1);
    good.inPrimary(pod("vnode", "Running"), ms(1));
    good.inPrimary(pod("vnode", "Succeeded"), ms(2));
    assertThatCode(() -> good.requireSuccess("steady")).doesNotThrowAnyException();
  }

  private static Percentage accurately() {
    return Percentage.withPercentage(0.2);
  }
}
