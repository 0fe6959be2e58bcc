package io.virtualnode.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of a cluster while it runs; its output goes to a file. */
final class ManagedProcess {

  private static final Duration GRACE = Duration.ofSeconds(5);

  private final String name;
  private final Path log;
  private final Process process;

  private ManagedProcess(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
  }

  /** Starts a program; {@code command} begins with its path. */
  static ManagedProcess start(String name, Path log, List<String> command) {
    try {
      var process =
          new ProcessBuilder(inOwnSession(command))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      Reaper.watch(process.pid());
      return new ManagedProcess(name, log, process);
    } catch (IOException e) {
      throw new TestkitException("cannot start " + name + ": " + command.get(0), e);
    }
  }

  /**
   * A session of its own keeps Ctrl-C in a terminal, which goes to the whole foreground group, from
   * ending a program before we end the cluster in order.
   */
  static List<String> inOwnSession(List<String> command) {
    var setsid = Path.of("/usr/bin/setsid");
    if (!Files.isExecutable(setsid)) {
      return command;
    }
    var result = new ArrayList<String>();
    result.add(setsid.toString());
    result.addAll(command);
    return result;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What the program said last, for an error message. */
  String lastWords() {
    return "%s (pid %d, %s), last lines of %s:%n%s"
        .formatted(
            name,
            process.pid(),
            process.isAlive() ? "running" : "exit code " + process.exitValue(),
            log,
            Folders.tail(log, 15));
  }

  /** Sends a signal by its name, such as {@code STOP}. */
  void signal(String signal) {
    try {
      int exit =
          new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      if (exit != 0) {
        throw new TestkitException("kill -%s of %s failed".formatted(signal, name));
      }
    } catch (IOException e) {
      throw new TestkitException("cannot signal " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException("interrupted while signalling " + name, e);
    }
  }

  /** Ends the program: asks, then kills. Returns when it has ended. */
  void stop() {
    end(() -> process.destroy());
  }

  /** Kills the program. Returns when it has ended. */
  void kill() {
    end(() -> process.destroyForcibly());
  }

  private void end(Runnable request) {
    request.run();
    boolean interrupted = false;
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      interrupted = true;
    }
    Reaper.forget(process.pid());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
