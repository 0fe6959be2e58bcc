package io.virtualnode.kubernetes;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Keeps messages while anybody holds them, then hands them on in their order. One that has handed
 * all on is of no more use. Thread-safe.
 */
final class HeldBack {

  private final Deque<Runnable> messages = new ArrayDeque<>(); // guarded by this
  private int holds; // guarded by this
  private boolean over; // guarded by this

  /** Holds them once more; returns whether it still does. */
  synchronized boolean hold() {
    if (!over) {
      holds++;
    }
    return !over;
  }

  /** Whether the message is kept; if not, it is the caller's to hand on. */
  synchronized boolean keeps(Runnable message) {
    if (over) {
      return false;
    }
    messages.add(message);
    return true;
  }

  /**
   * Ends one hold. With the last, what was kept is handed on, with no lock held; what comes
   * meanwhile waits behind it.
   *
   * @return whether all was handed on
   */
  boolean release() {
    synchronized (this) {
      holds--;
    }
    for (var next = next(); next != null; next = next()) {
      next.run();
    }
    synchronized (this) {
      return over;
    }
  }

  private synchronized @Nullable Runnable next() {
    if (holds > 0) {
      return null;
    }
    over = messages.isEmpty();
    return messages.poll();
  }
}
