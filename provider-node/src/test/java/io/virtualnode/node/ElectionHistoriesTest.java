package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole elections under random faults; a seed that fails is named and repeats exactly. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ElectionHistoriesTest {

  private static final int HISTORIES = 80;
  private static final Duration FAULTS = Duration.ofMinutes(10);

  /** The lease duration, two looks, and a request that was under way when the faults ended. */
  private static final Duration BOUND =
      ElectionWorld.SETTINGS
          .leaseDuration()
          .plus(ElectionWorld.SETTINGS.retryPeriod().multipliedBy(2))
          .plus(ElectionWorld.SETTINGS.requestTimeout())
          .plusSeconds(1);

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void no_two_ever_hold_the_lease_and_one_does_soon_after_all_faults(int candidates) {
    int terms = 0;
    int deletions = 0;
    Long alone = Long.getLong("seed");
    long first = alone == null ? 1 : alone;
    long last = alone == null ? Long.getLong("seeds", HISTORIES) : alone;
    for (long seed = first; seed <= last; seed++) {
      ElectionWorld world = new ElectionWorld(seed, candidates);
      world.time.pass(FAULTS);
      world.endFaults();
      world.time.pass(Duration.ofSeconds(40)); // the last machine to be stopped goes on
      world.time.pass(BOUND);

      assertThat(world.violations).as("seed %d of %d candidates", seed, candidates).isEmpty();
      assertThat(world.holders()).as("seed %d of %d candidates", seed, candidates).hasSize(1);
      terms += world.terms;
      deletions += world.deletions;
    }
    long histories = last - first + 1;
    assertThat(terms).as("terms").isGreaterThan(Math.toIntExact(10 * histories));
    System.out.printf(
        "%d histories of %d candidates: %d terms, %d deletions of the lease%n",
        histories, candidates, terms, deletions);
  }
}
