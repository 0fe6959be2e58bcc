package io.virtualnode.simulation.protocol;

/**
 * How far is searched.
 *
 * @param attempts how many intents one proxy may have, one after the other
 * @param budget how often what may go wrong does
 */
record Bounds(int attempts, Budget budget) {

  Bounds {
    if (attempts < 1 || attempts > 4) {
      throw new IllegalArgumentException("attempts: %d is not in 1..4".formatted(attempts));
    }
  }

  Bounds with(Budget.Fault fault, int times) {
    return new Bounds(attempts, budget.with(fault, times));
  }
}
