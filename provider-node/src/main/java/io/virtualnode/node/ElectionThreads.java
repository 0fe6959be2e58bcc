package io.virtualnode.node;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;

/**
 * What an election runs on: a thread each for what must not hold up the rest.
 *
 * @param renewals for the lease, and for all that the election decides
 * @param work for what the leader does, which may block
 * @param listeners for those who wait for the end of a term
 * @param ending releases what there is to release
 */
record ElectionThreads(
    Timer timer, Executor renewals, Executor work, Executor listeners, Runnable ending) {

  static ElectionThreads named(String name) {
    Timer.OfSystem timer = new Timer.OfSystem("election-" + name + "-timer");
    ExecutorService renewals = Threads.pool(1, "election-" + name + "-lease-");
    ExecutorService work = Threads.pool(1, "election-" + name + "-work-");
    ExecutorService listeners = Threads.pool(1, "election-" + name + "-end-");
    Runnable ending =
        () -> {
          timer.close();
          renewals.shutdown();
          work.shutdown();
          listeners.shutdown();
        };
    return new ElectionThreads(timer, renewals, work, listeners, ending);
  }
}
