package io.virtualnode.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Sends back whatever it is sent, and closes when its client has said all. */
final class EchoServer implements AutoCloseable {

  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final AtomicInteger ends = new AtomicInteger();
  private final AtomicLong received = new AtomicLong();

  EchoServer() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    begin(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /** How many connections there ever were. */
  int connections() {
    return sockets.size();
  }

  /** How many connections have ended, by whoever's doing. */
  int ends() {
    return ends.get();
  }

  /** How many bytes have come in. */
  long received() {
    return received.get();
  }

  /** Says something that nobody has asked for, on every connection. */
  void say(byte[] bytes) throws IOException {
    for (Socket socket : sockets) {
      socket.getOutputStream().write(bytes);
    }
  }

  private void accept() {
    try {
      while (!listener.isClosed()) {
        Socket socket = listener.accept();
        sockets.add(socket);
        begin(() -> echo(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void echo(Socket socket) {
    byte[] buffer = new byte[8192];
    try (socket) {
      int count = socket.getInputStream().read(buffer);
      while (count >= 0) {
        received.addAndGet(count);
        socket.getOutputStream().write(buffer, 0, count);
        count = socket.getInputStream().read(buffer);
      }
    } catch (IOException e) {
      // reset, or closed
    } finally {
      ends.incrementAndGet();
    }
  }

  private void begin(Runnable task) {
    Thread thread = new Thread(task, "echo-server");
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
