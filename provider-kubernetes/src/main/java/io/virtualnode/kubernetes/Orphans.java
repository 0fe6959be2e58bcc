package io.virtualnode.kubernetes;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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
  // Its virtual node may not be run now, so that nobody would tell of the proxy's end.
  private static final Duration AGAIN = Duration.ofSeconds(30);

  private final Contexts node;
  private final Delegates delegates;
  private final ScheduledExecutorService timer;
  private final Set<Forwarding> awaited = ConcurrentHashMap.newKeySet(); // looked at again later

  Orphans(Contexts node, Delegates delegates, ScheduledExecutorService timer) {
    this.node = node;
    this.delegates = delegates;
    this.timer = timer;
  }

  /**
   * Looks at a proxy that has not been seen, and removes what there is of it if there is none; for
   * as long as it is neither seen nor gone.
   */
  void removeIfOrphan(Forwarding forwarding) {
    if (orphans(forwarding).isEmpty()) {
      return;
    }
    node.live(forwarding.proxy())
        .thenCompose(found -> found.isPresent() ? again(forwarding) : remove(forwarding))
        .whenComplete(
            (ignored, failure) -> {
              if (failure != null) {
                log.warn("orphan of {} is tried again: {}", forwarding.proxy(), failure.toString());
                later(RETRY, forwarding);
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

  private CompletionStage<Void> again(Forwarding forwarding) {
    later(AGAIN, forwarding);
    return Site.done();
  }

  private void later(Duration delay, Forwarding forwarding) {
    if (!timer.isShutdown() && awaited.add(forwarding)) {
      var unused =
          timer.schedule(
              () -> {
                awaited.remove(forwarding);
                removeIfOrphan(forwarding);
              },
              delay.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }
}
