package io.virtualnode.testkit;

import java.util.List;

/** Several things that must all be tried, such as the steps of a close. */
final class Attempts {

  private Attempts() {}

  /** {@link #all(List)} of these. */
  static void all(Runnable... steps) {
    all(List.of(steps));
  }

  /**
   * Does each in its order, whatever becomes of the others.
   *
   * @throws RuntimeException or Error: the first failure, with the others suppressed in it
   */
  static void all(List<? extends Runnable> steps) {
    Throwable first = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        if (first == null) {
          first = e;
        } else if (!first.equals(e)) { // nothing may suppress itself
          first.addSuppressed(e);
        }
      }
    }
    if (first instanceof Error error) {
      throw error;
    }
    if (first instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Undoes what a failed step had begun; a failure of that is suppressed in the first one. */
  static void undo(Throwable failure, Runnable undoing) {
    try {
      undoing.run();
    } catch (RuntimeException | Error e) {
      failure.addSuppressed(e);
    }
  }
}
