package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A loopback port that stays ours until it is released, also while nothing listens on it: an API
 * server must come back on its own port. It lies below the range from which the kernel takes the
 * ports of outgoing connections, and a locked file keeps other JVMs of this user from choosing it.
 */
final class PortLease implements AutoCloseable {

  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final int ATTEMPTS = 500;

  /** Not java.io.tmpdir: all JVMs of the user must meet here, however each of them is set up. */
  private static final Path DIRECTORY =
      Path.of("/tmp", "virtualnode-ports-" + System.getProperty("user.name"));

  /**
   * What this JVM has leased. It is asked before a file is opened, since a lock belongs to the
   * process: to close any other channel to the same file would give the lock up.
   */
  private static final Set<Integer> LEASED = ConcurrentHashMap.newKeySet();

  private final int port;
  private final FileChannel channel;
  private final FileLock lock;

  private PortLease(int port, FileChannel channel, FileLock lock) {
    this.port = port;
    this.channel = channel;
    this.lock = lock;
  }

  static PortLease acquire() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<PortLease> lease = of(ThreadLocalRandom.current().nextInt(FIRST, LAST));
      if (lease.isPresent()) {
        return lease.get();
      }
    }
    throw new TestkitException(
        Reason.PREPARATION_FAILED, "no free port between " + FIRST + " and " + LAST);
  }

  /** This port, unless somebody has it. */
  static Optional<PortLease> of(int port) {
    if (!LEASED.add(port)) {
      return Optional.empty();
    }
    Optional<PortLease> lease = Optional.empty();
    try {
      Files.createDirectories(DIRECTORY);
      lease = lock(DIRECTORY.resolve(Integer.toString(port)), port);
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "cannot lease a port in " + DIRECTORY + ": " + e, e);
    } finally {
      if (lease.isEmpty()) {
        LEASED.remove(port);
      }
    }
    return lease;
  }

  private static Optional<PortLease> lock(Path file, int port) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock != null && isFree(port)) {
      return Optional.of(new PortLease(port, channel, lock));
    }
    channel.close();
    return Optional.empty();
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  int port() {
    return port;
  }

  /** Gives the port back. The file stays: to delete it would let two JVMs lock different ones. */
  @Override
  public void close() {
    try (channel) {
      lock.release();
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "cannot give back port " + port + ": " + e, e);
    } finally {
      LEASED.remove(port);
    }
  }
}
