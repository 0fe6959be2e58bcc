package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.account.Account;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Lets a virtual node offer less before the primary hears of the end by which it does.
 *
 * <p>Room that is freed but not to be given out anew, as on a cordoned node, must have left the
 * Node before the primary hears of the end that freed it: its scheduler would give it out in
 * between.
 */
final class Lowering {

  // How long an end is kept back at most: where the Node cannot be written, all else goes on.
  private static final Duration LONGEST = Duration.ofSeconds(2);

  private final Contexts contexts;
  private final Account account;
  private final NodeReports reports;

  Lowering(Contexts contexts, Account account, NodeReports reports) {
    this.contexts = contexts;
    this.account = account;
    this.reports = reports;
  }

  /** Keeps back what is said of the proxy from now on until its Node has what is offered now. */
  void before(Forwarding forwarding) {
    var scope = forwarding.scope();
    if (scope.isEmpty()) {
      return;
    }
    var stored = new CompletableFuture<Void>();
    contexts.holdBack(
        forwarding.proxy(),
        stored.completeOnTimeout(null, LONGEST.toMillis(), TimeUnit.MILLISECONDS));
    account.afterSettling(() -> reports.stored(scope.get()).thenRun(() -> stored.complete(null)));
  }
}
