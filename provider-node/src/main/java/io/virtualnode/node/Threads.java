package io.virtualnode.node;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that nodes run on, apart by what must not hold up what: a provider that blocks holds
 * up calls only, a burst of statuses never the lease.
 */
final class Threads implements AutoCloseable {

  private static final int CALLS = 8;
  private static final int WRITES = 4;
  private static final int STOPS = 4;
  private static final long IDLE_SECONDS = 30;

  private final ExecutorService calls;
  private final ExecutorService writes;
  private final ExecutorService lease;
  private final ExecutorService stops;
  private final Timer.OfSystem timer;

  /** All daemons; started as they are needed, ended when they are idle for long. */
  Threads(String name) {
    this.calls = pool(CALLS, "vnode-" + name + "-call-");
    this.writes = pool(WRITES, "vnode-" + name + "-write-");
    this.lease = pool(1, "vnode-" + name + "-lease-");
    this.stops = pool(STOPS, "vnode-" + name + "-stop-");
    this.timer = new Timer.OfSystem("vnode-" + name + "-timer");
  }

  /** For all that a provider does: its calls and what follows from answers to it. */
  Executor calls() {
    return calls;
  }

  /** For what is written to the primary, and for its answers. */
  Executor writes() {
    return writes;
  }

  /** For leases only. */
  Executor lease() {
    return lease;
  }

  /** For the ends of nodes, which may take their time. */
  Executor stops() {
    return stops;
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
    stops.shutdown();
  }

  /** Daemons; started as they are needed, ended when they are idle for long. */
  static ExecutorService pool(int threads, String prefix) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, prefix + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
