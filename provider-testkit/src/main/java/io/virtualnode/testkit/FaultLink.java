package io.virtualnode.testkit;

import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;

import io.virtualnode.testkit.FaultMode.Flow;
import io.virtualnode.testkit.FaultPipe.End;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * One connection through a {@link FaultProxy}: a client's, and one to the server as soon as
 * requests may reach that. For the proxy's thread only.
 */
final class FaultLink {

  private final Selector selector;
  private final SocketChannel client;
  private final FaultPipe requests;
  private final FaultPipe answers;
  private @Nullable SocketChannel server;
  private boolean connected;
  private boolean closed;

  FaultLink(Selector selector, SocketChannel client, FaultPipe requests, FaultPipe answers) {
    this.selector = selector;
    this.client = client;
    this.requests = requests;
    this.answers = answers;
    try {
      prepare(client);
    } catch (IOException e) {
      close(); // it was gone before it was taken
    }
  }

  private void prepare(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.register(selector, 0, this);
  }

  boolean isClosed() {
    return closed;
  }

  /** How many bytes were taken and have not arrived. */
  int bytesUnderWay() {
    return requests.held() + answers.held();
  }

  /** When it has something to do next, on the nano clock, if nothing comes in before. */
  OptionalLong due() {
    LongStream ofRequests = connected ? requests.due().stream() : LongStream.empty();
    return LongStream.concat(ofRequests, answers.due().stream()).min();
  }

  /**
   * Moves what can be moved now, and asks the selector to tell of more.
   *
   * @param scratch is overwritten
   */
  void turn(FaultMode mode, InetSocketAddress target, ByteBuffer scratch) {
    if (closed) {
      return;
    }
    boolean torn =
        (requests.isLossy() && !mode.requests().swallows())
            || (answers.isLossy() && !mode.answers().swallows());
    if (torn || !connect(mode.requests(), target)) {
      reset();
      return;
    }
    long now = System.nanoTime();
    requests.read(client, mode.requests(), now, scratch);
    SocketChannel upstream = connected ? server : null;
    if (upstream != null) {
      answers.read(upstream, mode.answers(), now, scratch);
      write(requests, upstream, answers, mode.answers(), now);
    }
    write(answers, client, requests, mode.requests(), now);
    if (requests.isFinished() && answers.isFinished()) {
      close();
    }
    if (!closed) {
      listen(mode);
    }
  }

  /** Whether the server can be reached, or need not be yet. */
  private boolean connect(Flow flow, InetSocketAddress target) {
    try {
      SocketChannel upstream = server;
      if (upstream == null && !flow.swallows() && !flow.holds()) {
        upstream = SocketChannel.open();
        server = upstream;
        prepare(upstream);
        connected = upstream.connect(target);
      } else if (upstream != null && upstream.isConnectionPending()) {
        connected = upstream.finishConnect();
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Writes; a target that is gone has ended what comes from it, after what is on its way. */
  private void write(FaultPipe pipe, SocketChannel to, FaultPipe back, Flow backFlow, long now) {
    if (closed || !to.isOpen()) {
      return;
    }
    try {
      if (pipe.write(to, now)) {
        reset();
      }
    } catch (IOException e) {
      pipe.abandon();
      back.end(End.BROKEN, backFlow, now);
      closeQuietly(to);
    }
  }

  private void listen(FaultMode mode) {
    int ofClient = ops(requests.wantsToRead(mode.requests()), answers.isBlocked());
    interest(client, ofClient);
    SocketChannel upstream = server;
    if (upstream != null) {
      int ofServer = ops(answers.wantsToRead(mode.answers()), requests.isBlocked());
      interest(upstream, connected ? ofServer : OP_CONNECT);
    }
  }

  private static int ops(boolean read, boolean write) {
    return (read ? OP_READ : 0) | (write ? OP_WRITE : 0);
  }

  private void interest(SocketChannel channel, int ops) {
    SelectionKey key = channel.keyFor(selector);
    if (key != null && key.isValid()) {
      key.interestOps(ops);
    }
  }

  /** Ends both sides in order, as far as their peers have read all. */
  void close() {
    closed = true;
    closeQuietly(client);
    if (server != null) {
      closeQuietly(server);
    }
  }

  /** Ends both sides with a reset (RST): whatever was on its way is lost. */
  void reset() {
    abortive(client);
    if (server != null) {
      abortive(server);
    }
    close();
  }

  private static void abortive(SocketChannel channel) {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException e) {
      // It has ended by itself.
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // There is nothing left that could be closed.
    }
  }
}
