package io.virtualnode.simulation;

import java.util.PriorityQueue;

/** Virtual time, in milliseconds, and what is to happen in it. Not thread-safe. */
final class Agenda {

  private final PriorityQueue<Entry> entries = new PriorityQueue<>();
  private long now;
  private long turns;

  private record Entry(long at, long turn, Runnable what) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      int order = Long.compare(at, other.at);
      return order == 0 ? Long.compare(turn, other.turn) : order;
    }
  }

  /** The time. */
  long now() {
    return now;
  }

  /** Something happens so many milliseconds from now, after all that was to happen then. */
  void in(long delay, Runnable what) {
    entries.add(new Entry(now + delay, turns++, what));
  }

  /** Something happens at that time, or now if it is past. */
  void at(long time, Runnable what) {
    in(Math.max(0, time - now), what);
  }

  /** Lets the next thing happen; returns whether there was one. */
  boolean step() {
    var next = entries.poll();
    if (next == null) {
      return false;
    }
    now = next.at;
    next.what.run();
    return true;
  }
}
