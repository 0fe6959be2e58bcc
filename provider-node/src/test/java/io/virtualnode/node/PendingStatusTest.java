package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PendingStatusTest {

  private final PodStatus pending = status("Pending", "a");
  private final PodStatus running = status("Running", "b");
  private final PodStatus ended = status("Succeeded", "c");

  @Test
  void only_the_newest_is_written_when_none_says_running() {
    PendingStatus all = PendingStatus.NONE.push(pending).push(status("Pending", "later"));
    assertThat(all.next(pending)).isEqualTo(status("Pending", "later"));
    assertThat(PendingStatus.NONE.push(pending).push(ended).next(pending)).isEqualTo(ended);
  }

  @Test
  void running_is_written_first_when_the_end_follows_at_once() {
    PendingStatus both = PendingStatus.NONE.push(running).push(ended);
    assertThat(both.next(pending)).isEqualTo(running);
    assertThat(both.written(running).next(running)).isEqualTo(ended);
  }

  @Test
  void running_is_not_written_again_when_the_primary_has_it() {
    PendingStatus both = PendingStatus.NONE.push(running).push(ended);
    assertThat(both.next(running)).isEqualTo(ended);
  }

  @Test
  void running_is_out_of_the_way_once_the_primary_has_it_or_an_end_whoever_wrote_that() {
    PendingStatus both = PendingStatus.NONE.push(running).push(ended);
    assertThat(both.written(pending)).isEqualTo(both);
    assertThat(both.written(status("Running", "of another process")).running()).isNull();
    assertThat(both.written(status("Failed", "by somebody else")).running()).isNull();
  }

  @Test
  void refused_running_is_left_out_and_any_other_refused_status_is_bare() {
    PendingStatus both = PendingStatus.NONE.push(running).push(ended);
    PendingStatus without = both.refused(running);
    assertThat(without.next(pending)).isEqualTo(ended);
    assertThat(without.bare()).isFalse();
    assertThat(without.refused(ended).bare()).isTrue();
    assertThat(without.refused(ended).refused(ended)).isEqualTo(without.refused(ended));
    PendingStatus first = PendingStatus.NONE.push(running).refused(running);
    assertThat(first.bare()).isTrue();
    assertThat(first.push(running)).isEqualTo(first);
    assertThat(first.push(ended).bare()).isFalse();
  }

  @Test
  void nothing_changes_after_an_end() {
    PendingStatus over = PendingStatus.NONE.push(ended);
    assertThat(over.push(running)).isEqualTo(over);
    assertThat(over.push(status("Failed", "d"))).isEqualTo(over);
  }

  /** Pushes and writes in any order: a watcher sees Running if it was pushed, and then the end. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void watcher_sees_running_before_the_end_and_the_end_last_whatever_the_order(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      PendingStatus state = PendingStatus.NONE;
      PodStatus stored = pending;
      List<String> seen = new ArrayList<>();
      boolean ran = false;
      boolean over = false;
      for (int step = 0; step < 12; step++) {
        if (random.nextBoolean()) {
          PodStatus pushed = List.of(pending, running, running, ended).get(random.nextInt(4));
          ran |= !over && pushed.equals(running);
          over |= pushed.equals(ended);
          state = state.push(pushed);
        } else {
          PodStatus next = state.next(stored);
          if (next != null) {
            stored = next;
            seen.add(next.getPhase());
            state = state.written(next);
          }
        }
      }
      for (int rest = 0; rest < 2; rest++) {
        PodStatus next = state.next(stored);
        if (next != null) {
          stored = next;
          seen.add(next.getPhase());
          state = state.written(next);
        }
      }
      if (ran) {
        assertThat(seen).as("seed %d", seed).contains("Running");
      }
      if (over) {
        assertThat(seen).as("seed %d", seed).endsWith("Succeeded");
        assertThat(seen.indexOf("Succeeded")).isGreaterThan(seen.lastIndexOf("Running"));
      }
    }
  }

  private static PodStatus status(String phase, String message) {
    return new PodStatusBuilder().withPhase(phase).withMessage(message).build();
  }
}
