package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import io.virtualnode.testkit.FaultMode.Reception;
import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network in front of a server: a TCP proxy on loopback that passes everything on until it is
 * told to cut, reset, delay, hold or lose it. It knows nothing of what is said, so TLS goes through
 * it untouched; see {@link LocalCluster#kubeconfigVia}.
 *
 * <p>One mode is in force at a time, from the return of the method that sets it. What was on its
 * way by then still arrives at its time, unless its connection is ended. In particular a request
 * that was delayed arrives although its client is gone and nothing is delayed any more: as late
 * requests do.
 *
 * <p>A connection of which something was lost is dead, for TCP loses nothing: it stays silent as
 * long as the mode lasts, and is reset with the next.
 *
 * <p>Thread-safe. It has one thread and holds at most 256 KiB for each connection and direction;
 * whoever sends more has to wait. {@link #close} leaves neither thread nor socket.
 */
public final class FaultProxy implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FaultProxy.class);
  private static final int READ_AT_ONCE = 64 << 10;
  private static final int BACKLOG = 128;

  /** Which way bytes go. */
  public enum Direction {
    /** From the client to the server. */
    REQUESTS,
    /** From the server to the client. */
    ANSWERS
  }

  /**
   * What has gone through the proxy since its start.
   *
   * @param connections that were taken, also those that were reset at once
   * @param open connections that are there now
   * @param requestBytes bytes that the server was given
   * @param answerBytes bytes that clients were given
   * @param lostBytes bytes that were swallowed, in both directions
   * @param bytesUnderWay bytes that were taken and have neither arrived nor been lost
   */
  public record Counts(
      long connections,
      int open,
      long requestBytes,
      long answerBytes,
      long lostBytes,
      int bytesUnderWay) {}

  /** A change that somebody waits for. */
  private record Change(FaultMode mode, CompletableFuture<Void> done) {}

  private final InetSocketAddress target;
  private final PortLease port;
  private final Selector selector;
  private final Thread thread;
  private final Queue<Change> changes = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Object lock = new Object();
  private boolean ended; // guarded by lock, as is the end of the selector
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong requestBytes = new AtomicLong();
  private final AtomicLong answerBytes = new AtomicLong();
  private final AtomicLong lostBytes = new AtomicLong();
  private volatile int open;
  private volatile int bytesUnderWay;

  // touched by the one thread only
  private final List<FaultLink> links = new ArrayList<>();
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(READ_AT_ONCE);
  private @Nullable ServerSocketChannel listener;
  private FaultMode mode = FaultMode.PASS;

  private FaultProxy(InetSocketAddress target, PortLease port, Selector selector) {
    this.target = target;
    this.port = port;
    this.selector = selector;
    this.thread = new Thread(this::run, "fault-proxy-" + port.port());
    thread.setDaemon(true);
  }

  /**
   * A proxy that passes everything on, on a port of its own that it keeps until it is closed.
   *
   * @param server need not listen yet; while it does not, whoever connects is reset
   * @throws TestkitException if there is no port for it
   */
  public static FaultProxy inFrontOf(InetSocketAddress server) {
    requireNonNull(server, "server is null");
    PortLease port = PortLease.acquire();
    try {
      FaultProxy proxy = new FaultProxy(server, port, Selector.open());
      proxy.thread.start();
      try {
        proxy.pass();
        return proxy;
      } catch (RuntimeException | Error e) {
        Attempts.undo(e, proxy::close);
        throw e;
      }
    } catch (IOException e) {
      Attempts.undo(e, port::close);
      throw new TestkitException(Reason.PREPARATION_FAILED, "no selector: " + e, e);
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port.port());
  }

  /** Passes everything on at once. */
  public void pass() {
    set(FaultMode.PASS);
  }

  /** Closes all connections and refuses new ones. */
  public void cut() {
    set(FaultMode.CUT);
  }

  /** Resets (RST) all connections, and new ones as soon as they are there. */
  public void reset() {
    set(FaultMode.RESET);
  }

  /** Lets everything arrive later by so much, in its order. */
  public void delay(Duration delay) {
    set(FaultMode.both(FaultMode.delaying(delay)));
  }

  /** Lets everything that goes one way arrive later by so much; the other way is open. */
  public void delay(Direction direction, Duration delay) {
    set(FaultMode.oneWay(direction, FaultMode.delaying(delay)));
  }

  /**
   * Moves nothing, and loses nothing: whatever is sent arrives when another mode is set. So a
   * network partition ends for connections that have lasted as long.
   */
  public void hold() {
    set(FaultMode.both(new FaultMode.Flow.Hold()));
  }

  /** Moves nothing one way, and loses nothing; the other way is open. */
  public void hold(Direction direction) {
    set(FaultMode.oneWay(direction, new FaultMode.Flow.Hold()));
  }

  /** Takes connections and loses everything; nothing is closed. */
  public void blackHole() {
    set(FaultMode.both(new FaultMode.Flow.Swallow()));
  }

  /**
   * Loses everything that goes one way: with {@code ANSWERS}, requests are carried out and nobody
   * learns of it. The other way is open; nothing is closed.
   */
  public void blackHole(Direction direction) {
    set(FaultMode.oneWay(direction, new FaultMode.Flow.Swallow()));
  }

  /** What has gone through it so far. */
  public Counts counts() {
    return new Counts(
        connections.get(),
        open,
        requestBytes.get(),
        answerBytes.get(),
        lostBytes.get(),
        bytesUnderWay);
  }

  /** Resets all connections and ends. Idempotent. */
  @Override
  public void close() {
    if (closing.getAndSet(true)) {
      return;
    }
    wakeUp();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the proxy's thread ends all the same
    } finally {
      port.close();
    }
  }

  private void set(FaultMode next) {
    Change change = new Change(next, new CompletableFuture<>());
    changes.add(change);
    if (!wakeUp()) {
      refuseChanges();
    }
    try {
      change.done().join();
    } catch (CompletionException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "the proxy at " + address() + ": " + e.getCause(), e);
    }
  }

  /** Lets the thread look at what there is to do; false if it has ended. */
  private boolean wakeUp() {
    synchronized (lock) {
      if (!ended) {
        selector.wakeup();
      }
      return !ended;
    }
  }

  private void run() {
    try {
      while (!closing.get()) {
        selector.select(this::ready, untilDue());
        applyChanges();
        links.stream().filter(FaultProxy::isDue).forEach(this::turn);
        links.removeIf(FaultLink::isClosed);
        open = links.size();
        bytesUnderWay = links.stream().mapToInt(FaultLink::bytesUnderWay).sum();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("the proxy at {} has ended", address(), e);
    } finally {
      end();
    }
  }

  /** How long nothing has to be done, in milliseconds; 0 for as long as nothing comes in. */
  private long untilDue() {
    OptionalLong due = links.stream().flatMapToLong(link -> link.due().stream()).min();
    return due.isEmpty()
        ? 0
        : 1 + Math.max(0, TimeUnit.NANOSECONDS.toMillis(due.getAsLong() - System.nanoTime()));
  }

  private static boolean isDue(FaultLink link) {
    OptionalLong due = link.due();
    return due.isPresent() && due.getAsLong() - System.nanoTime() <= 0;
  }

  private void turn(FaultLink link) {
    link.turn(mode, target, scratch);
  }

  private void ready(SelectionKey key) {
    if (key.attachment() instanceof FaultLink link) {
      turn(link);
    } else if (key.isValid()) {
      accept();
    }
  }

  private void accept() {
    ServerSocketChannel from = listener;
    if (from == null) {
      return;
    }
    try {
      for (SocketChannel client = from.accept(); client != null; client = from.accept()) {
        connections.incrementAndGet();
        FaultLink link =
            new FaultLink(
                selector,
                client,
                new FaultPipe(requestBytes, lostBytes),
                new FaultPipe(answerBytes, lostBytes));
        links.add(link);
        if (mode.reception() == Reception.TAKE) {
          turn(link);
        } else {
          link.reset();
        }
      }
    } catch (IOException e) {
      LOG.debug("a connection was gone before it was taken: {}", e.toString());
    }
  }

  private void applyChanges() throws IOException {
    for (Change change = changes.poll(); change != null; change = changes.poll()) {
      try {
        mode = change.mode();
        receive();
        links.forEach(this::enterMode);
      } catch (IOException e) {
        change.done().completeExceptionally(e);
      }
      selector.selectNow(); // until then, a channel that is closed is open for all others
      change.done().complete(null);
    }
  }

  private void enterMode(FaultLink link) {
    switch (mode.reception()) {
      case TAKE -> turn(link);
      case REFUSE -> link.close();
      case RESET -> link.reset();
    }
  }

  /** Listens, or does not. */
  private void receive() throws IOException {
    ServerSocketChannel present = listener;
    if (mode.reception() == Reception.REFUSE) {
      if (present != null) {
        listener = null;
        present.close();
      }
    } else if (present == null) {
      ServerSocketChannel channel = ServerSocketChannel.open();
      try {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(address(), BACKLOG);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_ACCEPT);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
      listener = channel;
    }
  }

  private void end() {
    links.forEach(FaultLink::reset);
    open = 0;
    bytesUnderWay = 0;
    synchronized (lock) {
      ended = true;
      try {
        if (listener != null) {
          listener.close();
        }
        selector.close(); // and with it all that was registered
      } catch (IOException e) {
        LOG.warn("the proxy at {} could not be closed", address(), e);
      }
    }
    refuseChanges();
  }

  private void refuseChanges() {
    for (Change change = changes.poll(); change != null; change = changes.poll()) {
      change.done().completeExceptionally(new ClosedChannelException());
    }
  }
}
