package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SettlingCheckTest {

  private static final long MILLI = 1_000_000;

  private final SettlingCheck check =
      new SettlingCheck(
          Duration.ofSeconds(1),
          Duration.ofMillis(250),
          (subject, lasted) -> "%s for %d ms".formatted(subject, lasted.toMillis()));

  @Test
  void difference_is_overdue_when_it_has_lasted_longer_than_the_limit() {
    check.observe("a", false, 0);

    assertThat(check.overdue(1000 * MILLI)).isEmpty();
    assertThat(check.overdue(1001 * MILLI)).containsExactly("a");
  }

  @Test
  void difference_counts_from_its_beginning_when_it_is_seen_again() {
    check.observe("a", false, 0);
    check.observe("a", false, 900 * MILLI);

    assertThat(check.overdue(1001 * MILLI)).containsExactly("a");
  }

  @Test
  void difference_is_forgotten_when_it_has_settled() {
    check.observe("a", false, 0);
    check.observe("a", true, 300 * MILLI);

    assertThat(check.overdue(5000 * MILLI)).isEmpty();
    assertThat(check.breaches()).isEmpty();
    assertThat(check.isTrueNow()).isTrue();
    assertThat(check.longest()).isEqualTo(Duration.ofMillis(300));
    assertThat(check.made()).isEqualTo(2);
  }

  @Test
  void subjects_have_times_of_their_own_when_many_differ_one_after_another() {
    for (long i = 0; i < 10; i++) {
      check.observe("pod-" + i, false, i * 500 * MILLI);
      check.observe("pod-" + i, true, (i * 500 + 600) * MILLI);
      assertThat(check.overdue((i * 500 + 600) * MILLI)).isEmpty();
    }
  }

  @Test
  void check_is_broken_when_a_difference_was_too_long_though_nobody_looked_while_it_lasted() {
    check.observe("a", false, 0);
    check.observe("a", true, 1251 * MILLI);

    assertThat(check.breaches()).containsExactly("a for 1251 ms");
    assertThat(check.isTrueNow()).isTrue();
  }

  @Test
  void lag_of_the_observation_is_no_breach_when_it_is_within_what_is_stated() {
    check.observe("a", false, 0);
    check.observe("a", true, 1250 * MILLI);

    assertThat(check.breaches()).isEmpty();
    assertThat(check.longest()).isEqualTo(Duration.ofMillis(1250));
  }

  @Test
  void late_observation_is_excused_when_a_fresh_look_has_found_that_it_is_true() {
    check.observe("a", false, 0);
    check.lookedAt("a");
    assertThat(check.overdue(1001 * MILLI)).as("looked at already").isEmpty();
    check.settled("a", 1010 * MILLI);
    check.observe("a", true, 3000 * MILLI);

    assertThat(check.breaches()).isEmpty();
    assertThat(check.longest()).isEqualTo(Duration.ofMillis(1010));
  }

  @Test
  void whoever_looks_decides_when_it_becomes_true_meanwhile() {
    for (var subject : List.of("excused", "broken")) {
      check.observe(subject, false, 0);
      check.lookedAt(subject);
      check.observe(subject, true, 1300 * MILLI);
      assertThat(check.isTrueNow()).as("it is not decided yet").isFalse();
    }
    check.settled("excused", 1400 * MILLI);
    check.broken("broken", "is broken", 1400 * MILLI);

    assertThat(check.breaches()).containsExactly("is broken");
    assertThat(check.isTrueNow()).isTrue();
    assertThat(check.longest()).isEqualTo(Duration.ofMillis(1300));
  }

  @Test
  void next_difference_has_its_own_time_when_it_begins_while_somebody_looks() {
    check.observe("a", false, 0);
    check.lookedAt("a");
    check.observe("a", true, 1100 * MILLI);
    check.observe("a", false, 1200 * MILLI);
    check.settled("a", 1300 * MILLI);

    assertThat(check.overdue(2200 * MILLI)).isEmpty();
    assertThat(check.overdue(2201 * MILLI)).containsExactly("a");
  }

  @Test
  void breach_stays_when_the_difference_has_gone() {
    check.observe("a", false, 0);
    check.broken("a", "a differs", 2000 * MILLI);
    check.observe("a", true, 2100 * MILLI);

    assertThat(check.breaches()).containsExactly("a differs");
    assertThat(check.isTrueNow()).isTrue();
  }
}
