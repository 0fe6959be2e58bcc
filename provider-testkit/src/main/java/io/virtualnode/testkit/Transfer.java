package io.virtualnode.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies what comes over a network, which may stop to come at any time without a word. A watch on
 * its own thread closes the stream when nothing has come for too long or the whole takes too long;
 * the read that is under way then fails.
 */
final class Transfer {

  private static final int BUFFER = 1 << 16;

  private final String what;
  private final InputStream in;
  private final Limits limits;
  private final Consumer<String> progress;
  private final long started = System.nanoTime();
  private volatile long lastRead = started;
  private volatile long bytes;
  private volatile @Nullable String fault;

  /**
   * How long things may take.
   *
   * @param idle without a byte
   * @param overall from the first to the last
   * @param progress after how long a line tells how far it is, again and again
   */
  record Limits(Duration idle, Duration overall, Duration progress) {}

  private Transfer(String what, InputStream in, Limits limits, Consumer<String> progress) {
    this.what = what;
    this.in = in;
    this.limits = limits;
    this.progress = progress;
  }

  /**
   * Copies all of it.
   *
   * @param what is copied, for messages
   * @throws IOException that says so if it takes longer than the limits allow
   */
  static void copy(
      String what, InputStream in, OutputStream out, Limits limits, Consumer<String> progress)
      throws IOException {
    new Transfer(what, in, limits, progress).copy(out);
  }

  private void copy(OutputStream out) throws IOException {
    ScheduledThreadPoolExecutor watch =
        new ScheduledThreadPoolExecutor(1, task -> daemon(task, "watch-download"));
    try {
      long tick = Math.max(1, Math.min(limits.idle().toMillis(), 2_000) / 4);
      ScheduledFuture<?> looks =
          watch.scheduleWithFixedDelay(this::look, tick, tick, TimeUnit.MILLISECONDS);
      long each = limits.progress().toMillis();
      ScheduledFuture<?> tells =
          watch.scheduleAtFixedRate(this::tell, each, each, TimeUnit.MILLISECONDS);
      byte[] buffer = new byte[BUFFER];
      long copied = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        lastRead = System.nanoTime();
        copied += read;
        bytes = copied;
        out.write(buffer, 0, read);
      }
      looks.cancel(false);
      tells.cancel(false);
    } catch (IOException e) {
      throw fault == null ? e : new IOException(fault, e);
    } finally {
      watch.shutdownNow();
    }
    if (fault != null) {
      throw new IOException(fault);
    }
  }

  private void look() {
    long now = System.nanoTime();
    if (now - lastRead > limits.idle().toNanos()) {
      giveUp("nothing has come for " + seconds(limits.idle()));
    } else if (now - started > limits.overall().toNanos()) {
      giveUp("it takes longer than " + seconds(limits.overall()));
    }
  }

  private void giveUp(String reason) {
    if (fault == null) {
      fault = what + ": " + reason + ", after " + bytes + " bytes";
    }
    try {
      in.close();
    } catch (IOException e) {
      // The read fails with the same, or goes on and is closed again at the next look.
    }
  }

  private void tell() {
    Duration since = Duration.ofNanos(System.nanoTime() - started);
    progress.accept(
        "downloading " + what + ": " + bytes / 1_000_000 + " MB after " + seconds(since));
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() < 10_000 ? duration.toMillis() + " ms" : duration.toSeconds() + " s";
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
