package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

  private final int port;
  private final FileChannel channel;
  private final FileLock lock;

  private PortLease(int port, FileChannel channel, FileLock lock) {
    this.port = port;
    this.channel = channel;
    this.lock = lock;
  }

  static PortLease acquire() {
    Path directory =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "virtualnode-ports-" + System.getProperty("user.name"));
    try {
      Files.createDirectories(directory);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
        PortLease lease = lock(directory.resolve(Integer.toString(port)), port);
        if (lease != null) {
          return lease;
        }
      }
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "cannot lease a port in " + directory + ": " + e, e);
    }
    throw new TestkitException(
        Reason.PREPARATION_FAILED, "no free port between " + FIRST + " and " + LAST);
  }

  private static @org.jspecify.annotations.Nullable PortLease lock(Path file, int port)
      throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null && isFree(port)) {
        return new PortLease(port, channel, lock);
      }
    } catch (OverlappingFileLockException e) {
      // Leased by this JVM: the caller tries the next.
    }
    channel.close();
    return null;
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
    }
  }
}
