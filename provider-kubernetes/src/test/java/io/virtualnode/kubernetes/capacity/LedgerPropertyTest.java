package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.Seeds;
import io.virtualnode.kubernetes.placement.Placement;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LedgerPropertyTest {

  private static final int HISTORIES = 2000;
  private static final int STEPS = 150;

  @DisplayName(
      "offer_is_true_at_every_quiet_point_whatever_happened_and_in_whatever_order_it_was_told")
  @Test
  void offerIsTrue() {
    Seeds.forEach(HISTORIES, this::live);
  }

  private void live(long seed) {
    var ledger = new Ledger();
    var unused = new Placement(ledger, Strategy.PACK); // the drift is its index's too
    var world = new World(seed, ledger);
    var pace = new Random(~seed);
    for (int step = 0; step < STEPS; step++) {
      if (pace.nextBoolean()) {
        world.happen();
      } else {
        world.tellOne();
      }
      if (pace.nextInt(8) == 0) {
        assertThat(ledger.drift()).as("drift after step %d", step).isZero();
      }
      if (pace.nextInt(30) == 0 || step == STEPS - 1) {
        while (world.tellOne()) {
          // until it is quiet
        }
        check(world, ledger, step);
      }
    }
  }

  private static void check(World world, Ledger ledger, int step) {
    var offer = ledger.offer();
    assertThat(offer).as("offer after step %d", step).isEqualTo(world.expectedOffer());
    var free = world.free();
    var offered = offer.minus(world.bound().namedBy(offer));
    assertThat(offered)
        .as("offered after step %d", step)
        .isEqualTo(free.minus(world.waiting().namedBy(offer)));
    assertThat(offered.fitsInto(free)).as("no more than is free after step %d", step).isTrue();
    assertThat(ledger.drift()).as("drift after step %d", step).isZero();
  }
}
