package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that cannot outlive this JVM, however the JVM ends. A small POSIX shell starts the
 * program and reads a pipe that only the JVM holds open: when the JVM is gone, even by SIGKILL, the
 * read ends and the shell kills the program. (Linux' parent-death signal would do without a shell,
 * but it fires at the end of the <em>thread</em> that started the process.)
 *
 * <p>The program runs in a session of its own, so Ctrl-C in a terminal reaches the JVM only, and
 * its shutdown hook ends the programs in their order. Where neither {@code setsid} nor {@code perl}
 * is installed, it gets the Ctrl-C too, which costs the order and nothing else.
 */
final class GuardedProcess {

  private static final String GUARD =
      """
      trap '' INT QUIT HUP
      exec 3<&0
      log=$1; shift
      if command -v setsid >/dev/null 2>&1; then
        setsid "$@" </dev/null >>"$log" 2>&1 3<&- &
      elif command -v perl >/dev/null 2>&1; then
        perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' "$@" </dev/null >>"$log" 2>&1 3<&- &
      else
        "$@" </dev/null >>"$log" 2>&1 3<&- &
      fi
      child=$!
      echo $child
      exec >/dev/null
      { read -r _ <&3; kill -9 $child; } 2>/dev/null &
      watcher=$!
      exec 3<&-
      wait $child
      status=$?
      kill -9 $watcher 2>/dev/null
      exit $status
      """;

  private static final int TAIL_BYTES = 4_000;

  private final String name;
  private final Path log;
  private final Process guard;
  private final ProcessHandle program;
  private volatile boolean frozen;

  private GuardedProcess(String name, Path log, Process guard, ProcessHandle program) {
    this.name = name;
    this.log = log;
    this.guard = guard;
    this.program = program;
  }

  /** Starts a program whose output is appended to a log file. */
  static GuardedProcess start(String name, List<String> command, Path log) {
    List<String> guarded = new ArrayList<>(List.of("sh", "-c", GUARD, name, log.toString()));
    guarded.addAll(command);
    try {
      Process guard =
          new ProcessBuilder(guarded).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      BufferedReader out = new BufferedReader(new InputStreamReader(guard.getInputStream(), UTF_8));
      String pid = out.readLine();
      if (pid == null) {
        throw new TestkitException(Reason.PROCESS_FAILED, name + " did not start");
      }
      ProcessHandle program = ProcessHandle.of(Long.parseLong(pid)).orElseGet(guard::toHandle);
      return new GuardedProcess(name, log, guard, program);
    } catch (IOException e) {
      throw new TestkitException(Reason.PROCESS_FAILED, "cannot start " + name + ": " + e, e);
    }
  }

  String name() {
    return name;
  }

  long pid() {
    return program.pid();
  }

  boolean isAlive() {
    return guard.isAlive();
  }

  /** Waits for the end of the program; false when it still runs after the timeout. */
  boolean awaitExit(Duration timeout) {
    try {
      return guard.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException(Reason.TIMED_OUT, "interrupted while waiting for " + name, e);
    }
  }

  /** Asks the program to end (SIGTERM); one that is frozen is thawed, or it would not hear it. */
  void terminate() {
    if (guard.isAlive()) {
      program.destroy();
      if (frozen) {
        thaw();
      }
    }
  }

  /** Waits for the end and kills what has not ended by then. */
  void awaitEndOrKill(Duration grace) {
    if (!awaitExit(grace)) {
      kill();
    }
  }

  /** Ends the program at once (SIGKILL) and waits until it is gone. */
  void kill() {
    if (guard.isAlive()) {
      program.destroyForcibly();
    }
    if (!awaitExit(Duration.ofSeconds(10))) {
      throw new TestkitException(
          Reason.PROCESS_FAILED, name + " (pid " + pid() + ") does not end on SIGKILL");
    }
  }

  /** Stops the program where it is (SIGSTOP): its connections stay open and nothing answers. */
  void freeze() {
    signal("STOP");
    frozen = true;
  }

  /** Lets a frozen program go on (SIGCONT). */
  void thaw() {
    signal("CONT");
    frozen = false;
  }

  /** Sends the program a signal, named as {@code kill -s} does. */
  void signal(String signal) {
    try {
      Process kill =
          new ProcessBuilder("sh", "-c", "kill -s \"$1\" \"$2\"", "kill", signal, "" + pid())
              .redirectErrorStream(true)
              .start();
      String output = new String(kill.getInputStream().readAllBytes(), UTF_8);
      if (kill.waitFor() != 0) {
        throw new TestkitException(
            Reason.PROCESS_FAILED, "cannot send SIG" + signal + " to " + name + ": " + output);
      }
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PROCESS_FAILED, "cannot send SIG" + signal + " to " + name + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException(Reason.TIMED_OUT, "interrupted while signalling " + name, e);
    }
  }

  /** The end of the program's log, for a message about its failure. */
  String logTail() {
    try {
      return logFrom(Math.max(0, logLength() - TAIL_BYTES));
    } catch (TestkitException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  /** How many bytes the program's log has. */
  long logLength() {
    return log.toFile().length();
  }

  /** The program's log from some byte on. */
  String logFrom(long start) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      file.seek(start);
      byte[] rest = new byte[(int) Math.max(0, file.length() - start)];
      file.readFully(rest);
      return new String(rest, UTF_8);
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PROCESS_FAILED, "cannot read the log of " + name + ": " + e, e);
    }
  }
}
