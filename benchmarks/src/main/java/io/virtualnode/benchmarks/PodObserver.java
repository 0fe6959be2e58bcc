package io.virtualnode.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Watches the pods of one namespace from outside.
 *
 * <p>One thread blocks on one TLS connection and takes {@link System#nanoTime} as soon as bytes
 * have arrived, before it parses anything; there is no hop to another thread, no queue and no tree
 * of objects. The time is that of the delivery, which is later than the write by what the API
 * server's watch cache and the operating system's scheduler take. See {@link Timeline} for why a
 * difference of two such times is a fair measure.
 */
final class PodObserver implements AutoCloseable {

  /** Takes what was seen, on the observer's thread. */
  interface Sink {
    void seen(PodSighting sighting, long nanos);
  }

  private static final int CHUNK = 1 << 16;
  private static final long RESUME_MILLIS = 50;

  private final ApiAccess api;
  private final String namespace;
  private final Sink sink;
  private final CompletableFuture<Void> watching = new CompletableFuture<>();
  private final Thread thread;
  private String resourceVersion = "0"; // used by the thread only
  private final CountDownLatch closing = new CountDownLatch(1);

  private PodObserver(String name, ApiAccess api, String namespace, Sink sink) {
    this.api = api;
    this.namespace = namespace;
    this.sink = sink;
    this.thread = new Thread(this::run, "observe-" + name);
    this.thread.setDaemon(true);
  }

  /** Begins and returns when the watch stands. */
  static PodObserver start(String name, ApiAccess api, String namespace, Sink sink) {
    var observer = new PodObserver(name, api, namespace, sink);
    observer.thread.start();
    observer.watching.orTimeout(30, TimeUnit.SECONDS).join();
    return observer;
  }

  @Override
  public void close() {
    closing.countDown();
  }

  private boolean isClosed() {
    return closing.getCount() == 0;
  }

  /** An API server may end a watch at any time: it is resumed where it ended. */
  private void run() {
    try {
      while (!isClosed()) {
        watch();
      }
    } catch (RuntimeException | IOException e) {
      watching.completeExceptionally(e);
      if (!isClosed()) {
        System.err.println(thread.getName() + " has ended: " + e);
      }
    }
  }

  private void watch() throws IOException {
    var connection =
        api.open(
            "/api/v1/namespaces/%s/pods?watch=true&resourceVersion=%s&timeoutSeconds=7200"
                .formatted(namespace, resourceVersion));
    try (var in = connection.getInputStream()) {
      watching.complete(null);
      read(in);
    } catch (IOException cutOff) {
      if (!watching.isDone()) {
        throw cutOff;
      }
      // An overloaded API server ends watches so, too: not at once, unless this is to end.
      Waits.await(closing, RESUME_MILLIS);
    } finally {
      connection.disconnect();
    }
  }

  private void read(InputStream in) throws IOException {
    var buffer = new byte[CHUNK];
    int filled = 0;
    while (!isClosed()) {
      if (filled == buffer.length) {
        buffer = Arrays.copyOf(buffer, 2 * filled);
      }
      int count = in.read(buffer, filled, buffer.length - filled);
      long now = System.nanoTime();
      if (count < 0) {
        return;
      }
      filled = handOn(buffer, filled + count, now);
    }
  }

  /** Hands on the whole lines and moves the rest to the front. */
  private int handOn(byte[] buffer, int filled, long now) {
    int start = 0;
    for (int i = 0; i < filled; i++) {
      if (buffer[i] == '\n') {
        var line = Arrays.copyOfRange(buffer, start, i);
        handOn(PodSighting.parse(line), now);
        start = i + 1;
      }
    }
    System.arraycopy(buffer, start, buffer, 0, filled - start);
    return filled - start;
  }

  private void handOn(PodSighting sighting, long now) {
    if (sighting.type().equals("ERROR")) {
      throw new IllegalStateException("the watch cannot be resumed after " + resourceVersion);
    }
    resourceVersion = sighting.resourceVersion();
    sink.seen(sighting, now);
  }
}
