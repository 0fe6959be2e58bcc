package io.virtualnode.node;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that a node runs on, apart by what must not hold up what: a provider that blocks
 * holds up its own calls only, a burst of statuses never the lease.
 */
final class Threads implements AutoCloseable {

  private static final int CALLS = 8;
  private static final int WRITES = 4;

  private final ExecutorService calls;
  private final ExecutorService writes;
  private final ExecutorService lease;
  private final Timer.OfSystem timer;

  /** All daemons; started as they are needed. */
  Threads(String name) {
    this.calls = Executors.newFixedThreadPool(CALLS, named("vnode-" + name + "-call-"));
    this.writes = Executors.newFixedThreadPool(WRITES, named("vnode-" + name + "-write-"));
    this.lease = Executors.newFixedThreadPool(1, named("vnode-" + name + "-lease-"));
    this.timer = new Timer.OfSystem("vnode-" + name + "-timer");
  }

  /** For all that a provider does: its calls and what follows from answers to it. */
  ExecutorService calls() {
    return calls;
  }

  /** For what is written to the primary, and for its answers. */
  ExecutorService writes() {
    return writes;
  }

  /** For leases only. */
  ExecutorService lease() {
    return lease;
  }

  Timer timer() {
    return timer;
  }

  /** Starts nothing more; what is under way ends by itself. */
  @Override
  public void close() {
    timer.close();
    calls.shutdown();
    writes.shutdown();
    lease.shutdown();
  }

  private static ThreadFactory named(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
