package io.virtualnode.kubernetes.member;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PaceTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Pace pace = new Pace();

  @Test
  @DisplayName("no_more_are_under_way_than_the_limit_and_it_grows_by_one_a_round")
  void grows() {
    assertThat(pace.limit()).isEqualTo(32);
    for (int i = 0; i < 32; i++) {
      assertThat(pace.mayBegin(0)).isTrue();
      pace.begin();
    }
    assertThat(pace.mayBegin(0)).isFalse();
    for (int i = 0; i < 32; i++) {
      pace.answered();
    }
    assertThat(pace.limit()).isEqualTo(33);
    assertThat(pace.mayBegin(0)).isTrue();
    for (int i = 0; i < 100_000; i++) {
      pace.begin();
      pace.answered();
    }
    assertThat(pace.limit()).isEqualTo(256);
  }

  @Test
  @DisplayName("it_is_halved_once_for_all_that_were_under_way_together_and_never_below_one")
  void halved() {
    for (int i = 0; i < 10; i++) {
      pace.begin();
    }
    for (int i = 0; i < 10; i++) {
      pace.overloaded(i, Duration.ZERO, 0);
    }
    assertThat(pace.limit()).isEqualTo(16);
    for (int i = 0; i < 10; i++) {
      pace.overloaded(pace.begin(), Duration.ZERO, 0);
    }
    assertThat(pace.limit()).isEqualTo(1);
    assertThat(pace.mayBegin(0)).isTrue();
    pace.begin();
    assertThat(pace.mayBegin(0)).isFalse();
  }

  @Test
  @DisplayName("an_answer_in_between_begins_the_round_anew")
  void roundAnew() {
    for (int i = 0; i < 31; i++) {
      pace.begin();
      pace.answered();
    }
    pace.overloaded(pace.begin(), Duration.ZERO, 0);
    for (int i = 0; i < 15; i++) {
      pace.begin();
      pace.answered();
    }
    assertThat(pace.limit()).isEqualTo(16);
    pace.begin();
    pace.answered();
    assertThat(pace.limit()).isEqualTo(17);
  }

  @Test
  @DisplayName("none_is_sent_for_as_long_as_was_asked_for_but_not_for_ever")
  void pause() {
    pace.overloaded(pace.begin(), Duration.ofSeconds(3), 0);
    pace.overloaded(pace.begin(), Duration.ofSeconds(1), SECOND);
    assertThat(pace.mayBegin(SECOND)).isFalse();
    assertThat(pace.pause(SECOND)).isEqualTo(Duration.ofSeconds(2));
    assertThat(pace.mayBegin(3 * SECOND)).isTrue();
    assertThat(pace.pause(3 * SECOND)).isZero();
    pace.overloaded(pace.begin(), Duration.ofHours(1), 10 * SECOND);
    assertThat(pace.mayBegin(39 * SECOND)).isFalse();
    assertThat(pace.mayBegin(40 * SECOND)).isTrue();
  }
}
