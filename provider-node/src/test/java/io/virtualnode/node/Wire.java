package io.virtualnode.node;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** A way to an API server over loopback that a test can cut and mend. */
final class Wire implements AutoCloseable {

  private final ServerSocket listener;
  private final int target;

  // guarded by this
  private final List<Socket> sockets = new ArrayList<>();
  private boolean whole = true;

  Wire(String url) {
    this.target = URI.create(url).getPort();
    try {
      this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  String url() {
    return "https://127.0.0.1:" + listener.getLocalPort();
  }

  /** Breaks what is connected, and lets nobody connect. */
  synchronized void cut() {
    whole = false;
    sockets.forEach(Wire::end);
    sockets.clear();
  }

  synchronized void mend() {
    whole = true;
  }

  @Override
  public void close() {
    end(listener);
    cut();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listener.accept();
        if (!connect(near)) {
          end(near);
        }
      }
    } catch (IOException closed) {
      // the end of the test
    }
  }

  private synchronized boolean connect(Socket near) {
    if (!whole) {
      return false;
    }
    try {
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(near);
      sockets.add(far);
      daemon(() -> copy(near, far));
      daemon(() -> copy(far, near));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // cut, or ended by one side
    }
    end(from);
    end(to);
  }

  private static void end(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it has ended anyway
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "wire");
    thread.setDaemon(true);
    thread.start();
  }
}
