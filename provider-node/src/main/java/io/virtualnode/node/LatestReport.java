package io.virtualnode.node;

import io.virtualnode.api.NodeReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The newest report of a node, and who waits for the primary to have it.
 *
 * <p>Thread-safe; one write at a time. However many reports come while none can be written, those
 * that wait cost one future for each attempt.
 */
final class LatestReport {

  private @Nullable NodeReport newest; // guarded by this
  private CompletableFuture<Void> next = new CompletableFuture<>(); // guarded by this
  private boolean awaited; // guarded by this: somebody has been given the next future
  private List<CompletableFuture<Void>> writing = new ArrayList<>(); // guarded by this

  /**
   * Replaces the report.
   *
   * @return completes when it or a newer one is stored
   */
  synchronized CompletionStage<Void> set(NodeReport report) {
    newest = report;
    awaited = true;
    return next;
  }

  /** Whether there is one. */
  synchronized boolean isPresent() {
    return newest != null;
  }

  /** The newest, which is about to be written. */
  synchronized Optional<NodeReport> takeToWrite() {
    if (awaited) {
      writing.add(next);
      next = new CompletableFuture<>();
      awaited = false;
    }
    return Optional.ofNullable(newest);
  }

  /** What was taken last is stored. */
  void stored() {
    List<CompletableFuture<Void>> done;
    synchronized (this) {
      done = writing;
      writing = new ArrayList<>();
    }
    done.forEach(future -> future.complete(null));
  }
}
