package io.virtualnode.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for a condition that only asking can tell. */
final class Waiting {

  private static final Duration INTERVAL = Duration.ofMillis(50);

  private Waiting() {}

  /**
   * Returns when the condition holds; an exception of the condition counts as not yet, except a
   * {@link TestkitException}, which says that it never will.
   *
   * @param diagnosis says in the error what was seen instead
   */
  static void until(
      String what, Duration limit, Callable<Boolean> condition, Supplier<String> diagnosis) {
    long deadline = System.nanoTime() + limit.toNanos();
    Exception last = null;
    while (System.nanoTime() - deadline < 0) {
      try {
        if (condition.call()) {
          return;
        }
      } catch (TestkitException hopeless) {
        throw hopeless;
      } catch (Exception e) {
        last = e;
      }
      pause(what);
    }
    throw timedOut(what, limit, diagnosis.get(), last);
  }

  private static void pause(String what) {
    try {
      // A latch that nobody opens: waiting that can be interrupted.
      if (new CountDownLatch(1).await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("nobody opens this latch");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException("interrupted while waiting for " + what, e);
    }
  }

  private static TestkitException timedOut(
      String what, Duration limit, String diagnosis, @Nullable Exception last) {
    return new TestkitException(
        "%s not within %d s%s%n%s"
            .formatted(what, limit.toSeconds(), last == null ? "" : ": " + last, diagnosis),
        last);
  }
}
