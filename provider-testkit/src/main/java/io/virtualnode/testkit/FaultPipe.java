package io.virtualnode.testkit;

import io.virtualnode.testkit.FaultMode.Flow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection through a {@link FaultProxy}: what was read and is due at its time.
 * Holds a bounded number of bytes. For the proxy's thread only.
 */
final class FaultPipe {

  /** What the peer has made of its connection. */
  enum End {
    /** It sends nothing more. */
    FINISHED,
    /** It is gone, and with it whatever is sent to it. */
    BROKEN
  }

  private static final int CAPACITY = 256 << 10;

  /** Some bytes, or else the end, on the way until a time of the nano clock. */
  private record Piece(ByteBuffer bytes, @Nullable End end, long due) {}

  private final AtomicLong delivered;
  private final AtomicLong lost;
  private final Deque<Piece> pieces = new ArrayDeque<>();
  private int held;
  private boolean ended; // the source has nothing more to say
  private boolean blocked; // the target takes nothing more for now
  private boolean finished; // the target has been told the end, or is gone
  private boolean lossy;

  FaultPipe(AtomicLong delivered, AtomicLong lost) {
    this.delivered = delivered;
    this.lost = lost;
  }

  boolean wantsToRead(Flow flow) {
    return !ended && !flow.holds() && (flow.swallows() || held < CAPACITY);
  }

  /** How many bytes are on their way. */
  int held() {
    return held;
  }

  /** Whether the target has to say when it takes more. */
  boolean isBlocked() {
    return blocked;
  }

  /** Whether nothing more is to be told to the target. */
  boolean isFinished() {
    return finished;
  }

  /** Whether the target misses something: such a connection cannot go on as if nothing were. */
  boolean isLossy() {
    return lossy;
  }

  /** When the next piece is due; empty if there is none, or the target does not take it. */
  OptionalLong due() {
    Piece first = pieces.peekFirst();
    return first == null || blocked ? OptionalLong.empty() : OptionalLong.of(first.due());
  }

  /**
   * Reads once.
   *
   * @param scratch is overwritten
   */
  void read(SocketChannel source, Flow flow, long now, ByteBuffer scratch) {
    if (!wantsToRead(flow)) {
      return;
    }
    scratch.clear();
    int count;
    try {
      count = source.read(scratch);
    } catch (IOException e) {
      end(End.BROKEN, flow, now);
      return;
    }
    if (count < 0) {
      end(End.FINISHED, flow, now);
    } else if (count > 0 && flow.swallows()) {
      lossy = true;
      lost.addAndGet(count);
    } else if (count > 0) {
      ByteBuffer bytes = ByteBuffer.allocate(count).put(scratch.flip()).flip();
      pieces.addLast(new Piece(bytes, null, now + flow.delayNanos()));
      held += count;
    }
  }

  /** The source has ended, if it had not before; the target hears of it in its turn, if at all. */
  void end(End how, Flow flow, long now) {
    if (ended) {
      return;
    }
    ended = true;
    if (flow.swallows()) {
      lossy = true;
    } else {
      pieces.addLast(new Piece(ByteBuffer.allocate(0), how, now + flow.delayNanos()));
    }
  }

  /** The target is gone: nothing is on the way to it any more. */
  void abandon() {
    pieces.clear();
    held = 0;
    ended = true;
    finished = true;
    blocked = false;
  }

  /**
   * Writes what is due.
   *
   * @return whether the source's connection was broken and the target's is to be
   * @throws IOException if the target is gone
   */
  boolean write(SocketChannel target, long now) throws IOException {
    blocked = false;
    Piece first = pieces.peekFirst();
    while (first != null && first.due() - now <= 0) {
      if (first.end() != null) {
        pieces.removeFirst();
        finished = true;
        if (first.end() == End.FINISHED) {
          target.shutdownOutput();
        }
        return first.end() == End.BROKEN;
      }
      int count = target.write(first.bytes());
      held -= count;
      delivered.addAndGet(count);
      if (first.bytes().hasRemaining()) {
        blocked = true;
        return false;
      }
      pieces.removeFirst();
      first = pieces.peekFirst();
    }
    return false;
  }
}
