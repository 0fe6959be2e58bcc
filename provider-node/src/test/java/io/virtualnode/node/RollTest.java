package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RollTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Roll roll = new Roll(Duration.ofSeconds(10), Duration.ofSeconds(100));

  @Test
  void one_is_there_for_a_lifetime_after_its_lease_has_changed() {
    roll.seen(Map.of("a", "1", "b", "7"), 0);
    roll.seen(Map.of("a", "2", "b", "7"), 5 * SECOND);
    assertThat(roll.present(10 * SECOND - 1)).isEqualTo(2);
    assertThat(roll.present(10 * SECOND)).isEqualTo(1);
    assertThat(roll.present(15 * SECOND)).isZero();
  }

  @Test
  void one_whose_lease_is_gone_is_gone_at_once() {
    roll.seen(Map.of("a", "1", "b", "1"), 0);
    roll.seen(Map.of("a", "1"), SECOND);
    assertThat(roll.present(SECOND)).isEqualTo(1);
  }

  @Test
  void a_lease_that_changes_again_is_of_somebody_who_is_there_again() {
    roll.seen(Map.of("a", "1"), 0);
    roll.seen(Map.of("a", "2"), 50 * SECOND);
    assertThat(roll.present(50 * SECOND)).isEqualTo(1);
    assertThat(roll.garbage(100 * SECOND)).isEmpty();
  }

  @Test
  void a_lease_that_has_not_changed_for_long_is_garbage() {
    roll.seen(Map.of("a", "1", "b", "3"), 0);
    roll.seen(Map.of("a", "1", "b", "4"), 50 * SECOND);
    assertThat(roll.garbage(100 * SECOND - 1)).isEmpty();
    assertThat(roll.garbage(100 * SECOND)).isEqualTo(Map.of("a", "1"));
  }
}
