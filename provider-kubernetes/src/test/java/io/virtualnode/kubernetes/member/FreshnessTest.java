package io.virtualnode.kubernetes.member;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FreshnessTest {

  private static final long AGE = 1_000_000_000;
  private final Freshness freshness = new Freshness(Duration.ofSeconds(1));

  @DisplayName("member_is_not_fresh_before_it_answered")
  @Test
  void initially() {
    assertThat(freshness.isFresh(true, 0)).isFalse();
  }

  @DisplayName("member_is_fresh_for_the_stated_age_counted_from_the_question")
  @Test
  void age() {
    freshness.answered(100);
    assertThat(freshness.isFresh(true, 100)).isTrue();
    assertThat(freshness.isFresh(true, 100 + AGE)).isTrue();
    assertThat(freshness.isFresh(true, 101 + AGE)).isFalse();
  }

  @DisplayName("member_is_not_fresh_while_a_watch_is_down")
  @Test
  void watches() {
    freshness.answered(100);
    assertThat(freshness.isFresh(false, 100)).isFalse();
    assertThat(freshness.isFresh(true, 100)).isTrue();
  }

  @DisplayName("member_is_not_fresh_at_once_when_it_cannot_be_asked_until_it_answers_again")
  @Test
  void failure() {
    freshness.answered(100);
    freshness.failed();
    assertThat(freshness.isFresh(true, 100)).isFalse();
    freshness.answered(200);
    assertThat(freshness.isFresh(true, 200)).isTrue();
  }

  @DisplayName("late_answer_to_an_older_question_takes_nothing_back")
  @Test
  void late() {
    freshness.answered(500);
    freshness.answered(100);
    assertThat(freshness.isFresh(true, 500 + AGE)).isTrue();
  }

  @DisplayName("clock_may_be_negative_and_may_overflow")
  @Test
  void nanoTime() {
    freshness.answered(Long.MAX_VALUE - 10);
    assertThat(freshness.isFresh(true, Long.MAX_VALUE - 5)).isTrue();
    assertThat(freshness.isFresh(true, Long.MIN_VALUE + 10)).isTrue();
    freshness.answered(Long.MIN_VALUE + 5);
    assertThat(freshness.isFresh(true, Long.MIN_VALUE + 5 + AGE)).isTrue();
  }
}
