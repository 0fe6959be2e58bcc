package io.virtualnode.node;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins and closes what is done in a term, one thing after the other, so that there is never the
 * work of two terms. Thread-safe.
 */
final class TermWork {

  private static final Logger log = LoggerFactory.getLogger(TermWork.class);

  private final Election.Work work;
  private final Executor executor;
  private final Consumer<Term> onFailure;

  // touched by the executor's one thread only
  private @Nullable AutoCloseable running;

  /**
   * No work yet.
   *
   * @param executor of one thread, which the work may block
   * @param onFailure told of a term whose work could not begin; must not block
   */
  TermWork(Election.Work work, Executor executor, Consumer<Term> onFailure) {
    this.work = work;
    this.executor = executor;
    this.onFailure = onFailure;
  }

  /** Begins the work of a term, unless that is over when its turn comes. */
  void begin(Term term) {
    executor.execute(
        () -> {
          if (!term.holds()) {
            return;
          }
          try {
            running = work.begin(term);
          } catch (Throwable e) { // errors too: somebody else may be able to do it
            log.error("The work of the leader could not begin", e);
            onFailure.accept(term);
          }
        });
  }

  /** Closes what has begun, if anything; completes when that has ended. */
  CompletionStage<Void> end() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    executor.execute(
        () -> {
          close();
          done.complete(null);
        });
    return done;
  }

  private void close() {
    AutoCloseable ending = running;
    running = null;
    if (ending == null) {
      return;
    }
    try {
      ending.close();
    } catch (Throwable e) { // errors too: the election goes on
      log.error("The work of the leader did not end in order", e);
    }
  }
}
