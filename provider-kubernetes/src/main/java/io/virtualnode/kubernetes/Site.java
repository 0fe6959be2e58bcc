package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What the steps of a delegate's life share.
 *
 * @param node the way back to each proxy's virtual node
 * @param timer runs short tasks, one at a time; the account's own thread
 * @param settings how pods are placed, as configured now
 */
record Site(
    Contexts node,
    Members members,
    Account account,
    Forwardings forwardings,
    Delegates delegates,
    DelegatePod translation,
    ScheduledExecutorService timer,
    Supplier<PlacementSettings> settings) {

  /** Runs the task later, unless all is being stopped. */
  void later(java.time.Duration delay, Runnable task) {
    if (!timer.isShutdown()) {
      var unused = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  static CompletionStage<Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
