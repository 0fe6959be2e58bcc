package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SettlingCheckTest {

  private static final long MILLI = 1_000_000;

  private final SettlingCheck check = new SettlingCheck(Duration.ofSeconds(1));

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
  void breach_stays_when_the_difference_has_gone() {
    check.observe("a", false, 0);
    check.broken("a", "a differs", 2000 * MILLI);
    check.observe("a", true, 2100 * MILLI);

    assertThat(check.breaches()).containsExactly("a differs");
    assertThat(check.isTrueNow()).isTrue();
  }
}
