package io.virtualnode.simulation;

/**
 * Which histories are run: the same in every build; {@code -Dseed=7} runs one alone, {@code
 * -Dseeds=100000} as many.
 */
record Seeds(long first, long last) {

  static Seeds fromProperties(int count) {
    var alone = Long.getLong("seed");
    return alone == null ? new Seeds(1, Long.getLong("seeds", count)) : new Seeds(alone, alone);
  }

  /** Runs them; returns how many steps were checked. A failure tells how to repeat it. */
  long run() {
    long checks = 0;
    for (long seed = first; seed <= last; seed++) {
      var history = new History(seed);
      try {
        history.run();
      } catch (AssertionError e) {
        throw new AssertionError(
            "history %d failed, repeat it with -Dseed=%1$d: %s".formatted(seed, e.getMessage()), e);
      }
      checks += history.checks();
    }
    return checks;
  }
}
