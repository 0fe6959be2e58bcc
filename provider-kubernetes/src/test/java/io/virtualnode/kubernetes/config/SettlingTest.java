package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SettlingTest {

  private final Settling settling = new Settling(Duration.ofNanos(10), "old");

  @Test
  void nothing_is_reported_when_nothing_changes() {
    assertThat(settling.look("old", 0)).isFalse();
    assertThat(settling.look("old", 1_000)).isFalse();
    assertThat(settling.moving()).isFalse();
  }

  @Test
  void a_change_is_reported_once_when_it_has_stayed_for_the_quiet_time() {
    assertThat(settling.look("new", 100)).isFalse();
    assertThat(settling.moving()).isTrue();
    assertThat(settling.look("new", 109)).isFalse();
    assertThat(settling.look("new", 110)).isTrue();
    assertThat(settling.moving()).isFalse();
    assertThat(settling.look("new", 200)).isFalse();
    assertThat(settling.look("new", 300)).isFalse();
  }

  @Test
  void each_further_change_starts_the_quiet_time_again() {
    assertThat(settling.look("half", 100)).isFalse();
    assertThat(settling.look("whole", 109)).isFalse();
    assertThat(settling.look("whole", 118)).isFalse();
    assertThat(settling.look("whole", 119)).isTrue();
  }

  @Test
  void a_change_that_is_taken_back_in_time_was_none() {
    assertThat(settling.look("half", 100)).isFalse();
    assertThat(settling.look("old", 105)).isFalse();
    assertThat(settling.moving()).isFalse();
    assertThat(settling.look("half", 112)).isFalse();
  }

  @Test
  void a_clock_that_passes_zero_is_no_trouble() {
    assertThat(settling.look("new", -5)).isFalse();
    assertThat(settling.look("new", 5)).isTrue();
  }
}
