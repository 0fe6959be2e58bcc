package io.virtualnode.examples.federation;

import io.virtualnode.kubernetes.cli.Vnode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code vnode run --config FILE} as a process of its own, as an operator runs it.
 *
 * <p>Both it and the small shell that guards it run in sessions of their own, so that Ctrl-C
 * reaches neither and the node is stopped in order. The shell waits on a pipe: if this JVM ends
 * without having said good-bye, even by SIGKILL, the pipe breaks and the shell kills the node.
 */
final class VnodeProcess implements AutoCloseable {

  private static final Duration GRACE = Duration.ofSeconds(15);
  private static final String GUARD = "read -r pid && { read -r bye || kill -9 \"$pid\"; }";

  private final Path log;
  private final Process guard;
  private final Process process;

  private VnodeProcess(Path log, Process guard, Process process) {
    this.log = log;
    this.guard = guard;
    this.process = process;
  }

  /** Starts the node; what it says goes to {@code log}. */
  static VnodeProcess start(Path configuration, Path log) {
    try {
      var guard =
          new ProcessBuilder(inOwnSession(List.of("sh", "-c", GUARD)))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      var process =
          new ProcessBuilder(inOwnSession(command(configuration)))
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      tell(guard, Long.toString(process.pid()));
      return new VnodeProcess(log, guard, process);
    } catch (IOException e) {
      throw new UncheckedIOException("vnode cannot be started", e);
    }
  }

  /** Tuned for a life of a minute or two: what is compiled best is compiled too late. */
  private static List<String> command(Path configuration) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        Vnode.class.getName(),
        "run",
        "--config",
        configuration.toString());
  }

  private static List<String> inOwnSession(List<String> command) {
    var setsid = Path.of("/usr/bin/setsid");
    if (!Files.isExecutable(setsid)) {
      return command;
    }
    var result = new ArrayList<String>();
    result.add(setsid.toString());
    result.addAll(command);
    return result;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** How it ended and what it said last. */
  String lastWords() {
    try {
      var lines = Files.readAllLines(log);
      return "%s, last lines of %s:%n%s"
          .formatted(
              process.isAlive() ? "running" : "exit code " + process.exitValue(),
              log,
              String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size())));
    } catch (IOException e) {
      return log + " cannot be read: " + e;
    }
  }

  /** Asks the node to stop, kills it if it does not, and returns when it has ended. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
      tell(guard, "bye");
      guard.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      guard.destroyForcibly(); // it had ended by itself
    }
  }

  @SuppressWarnings("resource") // its end is the signal to the shell
  private static void tell(Process guard, String line) throws IOException {
    OutputStream pipe = guard.getOutputStream();
    pipe.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    pipe.flush();
  }
}
