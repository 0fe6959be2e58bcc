package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.Seeds;
import io.virtualnode.kubernetes.placement.Placement;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LedgerPropertyTest {

  private static final int HISTORIES = 10_000;
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
    var truth = new Truth(world);
    var offered = Resources.NONE;
    for (var scope : world.allScopes()) {
      var offer = ledger.offer(scope);
      assertThat(offer).as("%s after step %d", scope, step).isEqualTo(truth.offer(scope));
      var left = offer.minus(truth.bound(scope).namedBy(offer));
      offered = offered.plus(left.nonNegative());
      if (world.claims.isEmpty() && world.allScopes().equals(Set.of(Scope.WHOLE))) {
        assertThat(left)
            .as("offered after step %d", step)
            .isEqualTo(truth.free().minus(truth.waiting(scope).namedBy(offer)));
      }
    }
    assertThat(offered.fitsInto(truth.free()))
        .as("all together offer no more than is free after step %d: %s", step, offered)
        .isTrue();
    world.claims.forEach(
        (uid, claim) ->
            assertThat(ledger.claim(uid))
                .as("claim of %s after step %d", uid, step)
                .hasValueSatisfying(
                    kept -> {
                      assertThat(kept.node()).isEqualTo(claim.node());
                      assertThat(kept.share()).isEqualTo(truth.claimed(uid));
                    }));
    assertThat(ledger.claims()).as("claims after step %d", step).hasSameSizeAs(world.claims);
    assertThat(ledger.drift()).as("drift after step %d", step).isZero();
  }
}
