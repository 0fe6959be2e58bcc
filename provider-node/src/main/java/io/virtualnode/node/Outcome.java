package io.virtualnode.node;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** How a run of a {@link WorkQueue} ended that did not fail. */
sealed interface Outcome {

  /** Nothing more to do until the key is added again. */
  record Done() implements Outcome {}

  /** There is more to do now. */
  record Again() implements Outcome {}

  /** Run again after this time, or earlier if the key is added. */
  record RetryAfter(Duration delay) implements Outcome {}

  /** See {@link Done}. */
  Outcome DONE = new Done();

  /** See {@link Again}. */
  Outcome AGAIN = new Again();

  /** A stage that has completed with {@link Done}. */
  static CompletionStage<Outcome> done() {
    return CompletableFuture.completedFuture(DONE);
  }

  /** A stage that has completed with {@link Again}. */
  static CompletionStage<Outcome> again() {
    return CompletableFuture.completedFuture(AGAIN);
  }

  /** A stage that has completed with {@link RetryAfter}. */
  static CompletionStage<Outcome> retryAfter(Duration delay) {
    return CompletableFuture.completedFuture(new RetryAfter(delay));
  }
}
