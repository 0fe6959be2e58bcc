package io.virtualnode.node;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Bounds how many requests are under way; the others wait in the order in which they came, holding
 * no thread.
 *
 * <p>An API server sheds load by refusing requests at random; a burst of thousands from here would
 * hit everybody else too. Thread-safe.
 */
final class RequestLimit {

  // guarded by this
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int free;

  RequestLimit(int atOnce) {
    this.free = atOnce;
  }

  /** Makes the request when there is room for it. */
  <T> CompletableFuture<T> run(Supplier<CompletableFuture<T>> request) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Runnable begin = () -> begin(request, answer);
    synchronized (this) {
      if (free == 0) {
        waiting.add(begin);
        return answer;
      }
      free--;
    }
    begin.run();
    return answer;
  }

  private <T> void begin(Supplier<CompletableFuture<T>> request, CompletableFuture<T> answer) {
    CompletableFuture<T> underWay;
    try {
      underWay = request.get();
    } catch (RuntimeException e) {
      underWay = CompletableFuture.failedFuture(e);
    }
    var unused =
        underWay.whenComplete(
            (value, failure) -> {
              ended(); // first: who waits for the answer may ask for more
              if (failure == null) {
                answer.complete(value);
              } else {
                answer.completeExceptionally(failure);
              }
            });
  }

  private void ended() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        free++;
        return;
      }
    }
    next.run();
  }
}
