package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts clusters side by side: all of them, or none. */
final class ParallelStart {

  private ParallelStart() {}

  /**
   * What the starts give, in their order.
   *
   * @param stop ends what was started when another start has failed
   */
  static <T> List<T> of(List<Supplier<T>> starts, Consumer<T> stop) {
    List<CompletableFuture<T>> all = new ArrayList<>();
    for (Supplier<T> start : starts) {
      all.add(CompletableFuture.supplyAsync(start, ParallelStart::inThread));
    }
    List<T> started = new ArrayList<>();
    TestkitException failure = null;
    for (CompletableFuture<T> one : all) {
      try {
        started.add(one.join());
      } catch (CompletionException e) {
        failure = joined(failure, e);
      }
    }
    if (failure == null) {
      return List.copyOf(started);
    }
    Attempts.undo(
        failure,
        () ->
            Attempts.all(started.stream().map(one -> (Runnable) () -> stop.accept(one)).toList()));
    throw failure;
  }

  private static TestkitException joined(@Nullable TestkitException first, CompletionException e) {
    TestkitException next =
        e.getCause() instanceof TestkitException known
            ? known
            : new TestkitException(
                Reason.PROCESS_FAILED, "a cluster did not start: " + e.getCause(), e.getCause());
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }

  private static void inThread(Runnable start) {
    Thread thread = new Thread(start, "start-cluster");
    thread.setDaemon(true);
    thread.start();
  }
}
