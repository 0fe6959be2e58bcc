package io.virtualnode.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many running delegates may be removed for want of their proxies before that is taken for a
 * sign that the primary has lost its memory: it was restored from a backup, and does not know of
 * what it has started since. Pure.
 *
 * <p>A few may always be; beyond that a share of all, counted over ten minutes. Those that have
 * ended are not counted: they go by the hundred when the primary tidies up.
 */
final class OrphanLimit {

  private static final Duration WINDOW = Duration.ofMinutes(10);
  private static final int FEW = 5;
  private static final int PERCENT = 100;

  private final Deque<Long> removals = new ArrayDeque<>(); // times of the last ones

  /**
   * Whether so many more may be removed.
   *
   * @param running how many of the orphans run
   * @param all how many delegates there are, orphans among them
   * @param percent the share that may be removed
   */
  boolean allows(int running, int all, int percent, long nowNanos) {
    while (!removals.isEmpty() && nowNanos - removals.peek() > WINDOW.toNanos()) {
      removals.remove();
    }
    int counted = running + removals.size();
    int share = (all + removals.size()) * percent / PERCENT;
    return counted <= Math.max(FEW, share);
  }

  /** One that runs is being removed. */
  void removed(long nowNanos) {
    removals.add(nowNanos);
  }
}
