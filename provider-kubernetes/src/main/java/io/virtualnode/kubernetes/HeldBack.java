package io.virtualnode.kubernetes;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Keeps messages until it is released, then hands them on in their order. Thread-safe. */
final class HeldBack {

  private final Deque<Runnable> messages = new ArrayDeque<>(); // guarded by this
  private boolean released; // guarded by this

  /** Whether the message is kept; if not, it is the caller's to hand on. */
  synchronized boolean keeps(Runnable message) {
    if (released) {
      return false;
    }
    messages.add(message);
    return true;
  }

  /** Hands on what was kept, with no lock held; what comes meanwhile waits behind it. */
  void release() {
    for (var next = next(); next != null; next = next()) {
      next.run();
    }
  }

  private synchronized @Nullable Runnable next() {
    released = messages.isEmpty();
    return messages.poll();
  }
}
