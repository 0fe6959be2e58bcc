package io.virtualnode.simulation.protocol;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The steps between states that happen in the end if they can go on happening: those of leaders and
 * clusters, and the arrival of what is late. Not thread-safe.
 */
final class Progress {

  private int[] ends = new int[1 << 10]; // of the steps of each state, by its number
  private int[] targets = new int[1 << 12];
  private int states;
  private int steps;

  /** A step of the next state leads to that one. */
  void add(int target) {
    if (steps == targets.length) {
      targets = Arrays.copyOf(targets, steps + steps / 2);
    }
    targets[steps++] = target;
  }

  /** The next state has no more steps; returns whether it had any. */
  boolean endState() {
    if (states == ends.length) {
      ends = Arrays.copyOf(ends, states * 2);
    }
    ends[states] = steps;
    int before = states == 0 ? 0 : ends[states - 1];
    states++;
    return steps > before;
  }

  /**
   * Adds all states to a set that lead to one of it.
   *
   * @param reaching the states that are to be reached
   */
  void close(BitSet reaching) {
    boolean grown;
    do {
      grown = false;
      for (int state = states - 1; state >= 0; state--) { // most steps lead to later states
        if (!reaching.get(state) && leadsInto(reaching, state)) {
          reaching.set(state);
          grown = true;
        }
      }
    } while (grown);
  }

  private boolean leadsInto(BitSet reaching, int state) {
    for (int step = state == 0 ? 0 : ends[state - 1]; step < ends[state]; step++) {
      if (reaching.get(targets[step])) {
        return true;
      }
    }
    return false;
  }
}
