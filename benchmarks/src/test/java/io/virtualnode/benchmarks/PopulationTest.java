package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PopulationTest {

  private final Population population = new Population(2);

  private void seen(String uid, String phase, long nanos) {
    population.seen(new PodSighting("MODIFIED", uid, "1", "node", phase), nanos);
  }

  @Test
  void all_are_over_when_the_last_one_has_ended_and_the_run_counts_if_all_ran_and_succeeded() {
    seen("a", "Running", 1);
    seen("a", "Succeeded", 2);
    assertThatThrownBy(() -> population.awaitOver(0)).hasMessageContaining("1 pods have not ended");
    seen("b", "Running", 3);
    seen("b", "Succeeded", 4);
    seen("b", "Succeeded", 5);

    assertThat(population.awaitOver(0)).isEqualTo(4);
    assertThatCode(() -> population.requireSuccess("run")).doesNotThrowAnyException();
  }

  @Test
  void a_run_does_not_count_if_a_pod_has_failed() {
    seen("a", "Running", 1);
    seen("a", "Succeeded", 2);
    seen("b", "Running", 3);
    seen("b", "Failed", 4);

    assertThatThrownBy(() -> population.requireSuccess("run"))
        .hasMessage("run: of 2 pods 2 were seen Running and 1 Succeeded");
  }

  @Test
  void a_run_does_not_count_if_a_pod_was_never_seen_to_run() {
    seen("a", "Running", 1);
    seen("a", "Succeeded", 2);
    seen("b", "Succeeded", 4);

    assertThatThrownBy(() -> population.requireSuccess("run"))
        .hasMessage("run: of 2 pods 1 were seen Running and 2 Succeeded");
  }
}
