package io.virtualnode.examples.federation;

import io.virtualnode.kubernetes.cli.Vnode;
import io.virtualnode.testkit.GuardedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code vnode run --config FILE} as a process of its own, as an operator runs it. Ctrl-C does not
 * reach it, so that it can be stopped in order, and it ends with this JVM even if that is killed.
 */
final class VnodeProcess implements AutoCloseable {

  private static final int SHOWN_LINES = 15;

  private final Path log;
  private final GuardedProcess process;

  private VnodeProcess(Path log, GuardedProcess process) {
    this.log = log;
    this.process = process;
  }

  /** Starts the node; what it says goes to {@code log}. */
  static VnodeProcess start(Path configuration, Path log, Path folder) {
    return new VnodeProcess(
        log, GuardedProcess.of("vnode", command(configuration)).orphanedFolder(folder).start(log));
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

  /** Waits for its end; answers whether it has ended. */
  boolean endsWithin(Duration limit) {
    return process.awaitExit(limit);
  }

  /** How it ended and what it said last. */
  String lastWords() {
    var code = process.exitCode();
    try {
      var lines = Files.readAllLines(log);
      return "%s, last lines of %s:%n%s"
          .formatted(
              code.isEmpty() ? "running" : "exit code " + code.getAsInt(),
              log,
              String.join(
                  "\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())));
    } catch (IOException e) {
      return log + " cannot be read: " + e;
    }
  }

  /** Asks the node to stop, kills it if it does not, and returns when it has ended. */
  @Override
  public void close() {
    process.close();
  }
}
