package io.virtualnode.kubernetes;

import java.util.function.LongConsumer;

/**
 * Runs a property for many seeds. The same seeds in every build; {@code -Dseed=7} runs one alone,
 * {@code -Dseeds=100000} runs more.
 */
public final class Seeds {

  private Seeds() {}

  /** Runs the property for so many seeds; a failure tells how to repeat it. */
  public static void forEach(int count, LongConsumer property) {
    var alone = Long.getLong("seed");
    long first = alone == null ? 1 : alone;
    long last = alone == null ? Long.getLong("seeds", count) : alone;
    for (long seed = first; seed <= last; seed++) {
      try {
        property.accept(seed);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("failed with seed %d: repeat with -Dseed=%1$d".formatted(seed), e);
      }
    }
  }
}
