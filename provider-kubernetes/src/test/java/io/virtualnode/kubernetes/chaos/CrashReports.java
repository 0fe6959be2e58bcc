package io.virtualnode.kubernetes.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;

/** Hears from processes which {@link Fuse} is about to blow where. Has a thread of its own. */
final class CrashReports implements AutoCloseable {

  /** What is done about a report. */
  interface Listener {

    /**
     * A process is at a point, and goes on only after this returns.
     *
     * @param cluster whose write it is
     * @return how long what is sent from now on is sure not to be answered
     */
    Duration reached(CrashPoint point, String cluster);
  }

  private final Listener listener;
  private final ServerSocket socket;

  CrashReports(Listener listener) {
    this.listener = listener;
    try {
      socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var thread = new Thread(this::run, "crash-reports");
    thread.setDaemon(true);
    thread.start();
  }

  int port() {
    return socket.getLocalPort();
  }

  private void run() {
    while (!socket.isClosed()) {
      try (var connection = socket.accept()) {
        answer(connection);
      } catch (IOException e) {
        // closed, or the process was killed just then
      }
    }
  }

  private void answer(Socket connection) throws IOException {
    var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), UTF_8));
    var line = in.readLine();
    if (line != null) {
      var words = line.split(" ", 2);
      var wait = listener.reached(CrashPoint.parse(words[0]), words[1]);
      connection.getOutputStream().write((wait.toMillis() + "\n").getBytes(UTF_8));
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
