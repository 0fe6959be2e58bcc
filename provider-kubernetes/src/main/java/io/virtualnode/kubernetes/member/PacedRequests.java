package io.virtualnode.kubernetes.member;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to one member at its {@link Pace}; the others wait their turn, in order. Each
 * proxy has at most one request there at a time, so no more wait than there are proxies.
 *
 * <p>Thread-safe; no method blocks.
 */
final class PacedRequests {

  /** Judges by its end how the member bears a request. */
  @FunctionalInterface
  interface Verdict<T> {

    /**
     * Empty if it bears it; else how long it asks to be left alone.
     *
     * @param answer null if there was none
     * @param failure null if there was an answer
     */
    Optional<Duration> overload(@Nullable T answer, @Nullable Throwable failure, Duration duration);
  }

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  private final Pace pace = new Pace(); // guarded by this
  private final Deque<CompletableFuture<Long>> waiting = new ArrayDeque<>(); // guarded by this
  private boolean sending; // a thread sends what may be sent; guarded by this
  private boolean resuming; // a pause is being waited out; guarded by this

  /**
   * Sends a request in its turn.
   *
   * @return fails with {@link java.util.concurrent.TimeoutException} if that does not come within
   *     ten seconds; then nothing was sent
   */
  <T> CompletionStage<T> send(Supplier<CompletableFuture<T>> request, Verdict<T> verdict) {
    var turn = new CompletableFuture<Long>().orTimeout(LONGEST_WAIT.toMillis(), MILLISECONDS);
    var answer = turn.thenCompose(number -> begin(number, request, verdict));
    synchronized (this) {
      waiting.add(turn);
    }
    proceed();
    return answer;
  }

  private <T> CompletableFuture<T> begin(
      long number, Supplier<CompletableFuture<T>> request, Verdict<T> verdict) {
    long begunAt = System.nanoTime();
    CompletableFuture<T> underWay;
    try {
      underWay = request.get();
    } catch (Throwable e) { // errors too: who waits behind it must not wait for ever
      underWay = CompletableFuture.failedFuture(e);
    }
    return underWay.whenComplete(
        (value, failure) ->
            ended(
                number,
                verdict.overload(value, failure, Duration.ofNanos(System.nanoTime() - begunAt))));
  }

  private void ended(long number, Optional<Duration> overload) {
    synchronized (this) {
      if (overload.isPresent()) {
        pace.overloaded(number, overload.get(), System.nanoTime());
      } else {
        pace.answered();
      }
    }
    proceed();
  }

  /** One thread at a time, so that requests that fail at once are not sent one within another. */
  private void proceed() {
    synchronized (this) {
      if (sending) {
        return;
      }
      sending = true;
    }
    for (var next = next(); next.isPresent(); next = next()) {
      next.get().run();
    }
  }

  private synchronized Optional<Runnable> next() {
    while (!waiting.isEmpty() && waiting.peek().isDone()) {
      waiting.remove(); // it has waited for too long
    }
    long now = System.nanoTime();
    if (!waiting.isEmpty() && pace.mayBegin(now)) {
      var turn = waiting.remove();
      long number = pace.begin();
      return Optional.of(() -> give(turn, number));
    }
    sending = false;
    if (!waiting.isEmpty()) {
      resumeAfter(pace.pause(now));
    }
    return Optional.empty();
  }

  private void give(CompletableFuture<Long> turn, long number) {
    if (!turn.complete(number)) { // too late by a hair
      ended(number, Optional.empty());
    }
  }

  private void resumeAfter(Duration pause) {
    if (!pause.isZero() && !resuming) {
      resuming = true;
      CompletableFuture.delayedExecutor(pause.toMillis() + 1, MILLISECONDS)
          .execute(
              () -> {
                synchronized (this) {
                  resuming = false;
                }
                proceed();
              });
    }
  }

  /** How many wait for their turn. */
  synchronized int waiting() {
    return waiting.size();
  }

  /** How many may be under way now. */
  synchronized int limit() {
    return pace.limit();
  }
}
