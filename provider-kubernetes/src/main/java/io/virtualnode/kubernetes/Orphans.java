package io.virtualnode.kubernetes;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is left in members of proxies that are gone, each one only after the primary itself
 * has said that it has no such proxy. Non-blocking.
 */
final class Orphans {

  private static final Logger log = LoggerFactory.getLogger(Orphans.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final Contexts node;
  private final Delegates delegates;
  private final ScheduledExecutorService timer;

  Orphans(Contexts node, Delegates delegates, ScheduledExecutorService timer) {
    this.node = node;
    this.delegates = delegates;
    this.timer = timer;
  }

  /** Looks at a proxy that has not been seen, and removes what there is of it if there is none. */
  void removeIfOrphan(Forwarding forwarding) {
    if (orphans(forwarding).isEmpty()) {
      return;
    }
    node.live(forwarding.proxy())
        .thenCompose(found -> found.isPresent() ? done() : remove(forwarding))
        .whenComplete(
            (ignored, failure) -> {
              if (failure != null) {
                log.warn("orphan of {} is tried again: {}", forwarding.proxy(), failure.toString());
                retry(forwarding);
              }
            });
  }

  private CompletionStage<Void> remove(Forwarding forwarding) {
    var removals = orphans(forwarding).stream().map(orphan -> remove(orphan, forwarding)).toList();
    return CompletableFuture.allOf(removals.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<Void> remove(Forwarding.Delegate orphan, Forwarding forwarding) {
    log.info("removing {}: its proxy {} is not in the primary", orphan, forwarding.proxy());
    return delegates
        .delete(orphan, Duration.ZERO)
        .exceptionally(
            failure -> {
              if (Delegates.isGone(failure)) {
                return null;
              }
              throw Delegates.cause(failure);
            })
        .toCompletableFuture();
  }

  private static List<Forwarding.Delegate> orphans(Forwarding forwarding) {
    synchronized (forwarding) {
      return forwarding.isInPrimary() ? List.of() : forwarding.remains();
    }
  }

  private void retry(Forwarding forwarding) {
    if (!timer.isShutdown()) {
      var unused =
          timer.schedule(() -> removeIfOrphan(forwarding), RETRY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static CompletionStage<Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
