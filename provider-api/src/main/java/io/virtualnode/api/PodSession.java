package io.virtualnode.api;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * A running exec or attach session: its three byte streams, its terminal and its end.
 *
 * <p>Streams obey demand in both directions, so that neither side has to buffer for a slow other.
 * Each publisher takes one subscriber.
 */
public interface PodSession extends AutoCloseable {

  /** What the process writes to standard output (with a terminal: all it writes). */
  Flow.Publisher<ByteBuffer> stdout();

  /** What the process writes to standard error; empty with a terminal. */
  Flow.Publisher<ByteBuffer> stderr();

  /** Where the process reads from; completing it closes the process's standard input only. */
  Flow.Subscriber<ByteBuffer> stdin();

  /** Tells the terminal's size in characters; ignored without a terminal. */
  void resize(int columns, int rows);

  /**
   * Completes with the process's exit code (exec), or 0 at the end of an attach; fails with {@link
   * ProviderException} if the session broke before that.
   */
  CompletionStage<Integer> exitCode();

  /** Ends the session at once. May be called more than once. */
  @Override
  void close();

  /**
   * Which streams a session has.
   *
   * @param stdin whether the client sends input
   * @param stdout whether the client wants standard output
   * @param stderr whether the client wants standard error
   * @param tty whether a terminal is allocated
   */
  record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
}
