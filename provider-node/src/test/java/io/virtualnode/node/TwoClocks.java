package io.virtualnode.node;

import java.time.Duration;
import java.time.Instant;

/** A virtual timer whose two clocks a test can move apart. */
final class TwoClocks implements Timer {

  private final VirtualTimer timer;
  private Duration wallAhead = Duration.ZERO;
  private long unseenNanos;

  TwoClocks(VirtualTimer timer) {
    this.timer = timer;
  }

  /** Somebody sets the wall clock. */
  void setWall(Duration forward) {
    wallAhead = wallAhead.plus(forward);
  }

  /** The machine is suspended: the monotonic clock stands, the wall clock goes on. */
  void sleep(Duration length) {
    unseenNanos += length.toNanos();
    timer.pass(length);
  }

  @Override
  public long nanoTime() {
    return timer.nanoTime() - unseenNanos;
  }

  @Override
  public Instant now() {
    return timer.now().plus(wallAhead);
  }

  @Override
  public Scheduled schedule(Duration delay, Runnable task) {
    return timer.schedule(delay, task);
  }
}
