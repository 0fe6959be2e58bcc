package io.virtualnode.kubernetes;

import io.virtualnode.api.NodeContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes delegates whose proxies are gone, each one only after the primary itself has said that it
 * has no such proxy. Non-blocking.
 */
final class Orphans {

  private static final Logger log = LoggerFactory.getLogger(Orphans.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final NodeContext node;
  private final Delegates delegates;
  private final ScheduledExecutorService timer;

  Orphans(NodeContext node, Delegates delegates, ScheduledExecutorService timer) {
    this.node = node;
    this.delegates = delegates;
    this.timer = timer;
  }

  /** Looks at a delegate whose proxy has not been seen, and removes it if there is none. */
  void removeIfOrphan(Forwarding forwarding) {
    if (orphan(forwarding).isEmpty()) {
      return;
    }
    node.live(forwarding.proxy())
        .thenCompose(
            found -> {
              var delegate =
                  found.isPresent() ? Optional.<Forwarding.Delegate>empty() : orphan(forwarding);
              if (delegate.isEmpty()) {
                return CompletableFuture.completedFuture(null);
              }
              log.info(
                  "removing {}: its proxy {} is not in the primary",
                  delegate.get(),
                  forwarding.proxy());
              return delegates.delete(delegate.get(), Duration.ZERO);
            })
        .whenComplete(
            (ignored, failure) -> {
              if (failure != null && !Delegates.isGone(failure)) {
                log.warn("orphan of {} is tried again: {}", forwarding.proxy(), failure.toString());
                retry(forwarding);
              }
            });
  }

  private static Optional<Forwarding.Delegate> orphan(Forwarding forwarding) {
    synchronized (forwarding) {
      return forwarding.isInPrimary() ? Optional.empty() : forwarding.delegate();
    }
  }

  private void retry(Forwarding forwarding) {
    if (!timer.isShutdown()) {
      var unused =
          timer.schedule(() -> removeIfOrphan(forwarding), RETRY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
