package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that cannot outlive this JVM, however the JVM ends. A small POSIX shell, the guard,
 * starts the program and reads a pipe that only the JVM holds open: when the JVM is gone, even by
 * SIGKILL, the read ends and the guard kills the program. (Linux' parent-death signal would do
 * without a shell, but it fires at the end of the <em>thread</em> that started the process.)
 *
 * <p>Guard and program run in sessions of their own, so that no signal to the JVM's process group,
 * such as Ctrl-C in a terminal, reaches them: the JVM's shutdown hooks end the programs in their
 * order. Where neither {@code setsid} nor {@code perl} is installed, it reaches them too, which
 * costs the order and nothing else. What the program itself has started is killed when the program
 * has ended, however that ended, unless it has left the program's process group.
 *
 * <p>Instances may be used by several threads.
 */
public final class GuardedProcess implements AutoCloseable {

  /** Defines a function that turns the shell into a command in a session of its own. */
  private static final String SESSION =
      """
      session() {
        if command -v setsid >/dev/null 2>&1; then
          exec setsid "$@"
        elif command -v perl >/dev/null 2>&1; then
          exec perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV or die "no $ARGV[0]: $!\\n"' "$@"
        else
          exec "$@"
        fi
      }
      """;

  private static final String GUARD =
      SESSION
          + """
          trap '' INT QUIT HUP
          exec 3<&0
          log=$1 folder=$2
          shift 2
          session "$@" </dev/null >>"$log" 2>&1 3<&- &
          child=$!
          echo $child
          exec >/dev/null
          {
            read -r _ <&3
            trap '' USR2
            kill -9 -$child || kill -9 $child
            exit 7
          } 2>/dev/null &
          watcher=$!
          exec 3<&-
          wait $child
          status=$?
          kill -9 -$child 2>/dev/null
          kill -s USR2 $watcher 2>/dev/null
          wait $watcher
          if [ $? -eq 7 ] && [ -n "$folder" ]; then rm -rf -- "$folder"; fi
          exit $status
          """;

  private static final Duration CLOSE_GRACE = Duration.ofSeconds(15);
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
  private static final int TAIL_BYTES = 4_000;

  private final String name;
  private final Path log;
  private final Process guard;
  private final long pid;
  private final Optional<ProcessHandle> program; // empty if it had ended before it was looked for
  private volatile boolean frozen;

  private GuardedProcess(String name, Path log, Process guard, long pid) {
    this.name = name;
    this.log = log;
    this.guard = guard;
    this.pid = pid;
    this.program = ProcessHandle.of(pid);
  }

  /**
   * Describes a program.
   *
   * @param name what messages call it
   * @param command the program and its arguments
   */
  public static Builder of(String name, List<String> command) {
    return new Builder(name, command);
  }

  /** Describes a program and starts it. Not for use by several threads. */
  public static final class Builder {

    private final String name;
    private final List<String> command;
    private final Map<String, String> environment = new HashMap<>();
    private Optional<Path> directory = Optional.empty();
    private Optional<Path> folder = Optional.empty();

    private Builder(String name, List<String> command) {
      this.name = requireNonNull(name, "name is null");
      this.command = List.copyOf(command);
    }

    /** Sets a variable in the program's environment, which else is the JVM's. */
    public Builder environment(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    /** The program's working directory; the JVM's unless told otherwise. */
    public Builder directory(Path path) {
      directory = Optional.of(path);
      return this;
    }

    /**
     * A folder that the guard deletes once the program has ended, if the JVM ends without having
     * ended it first. A JVM that lives on deletes what it does not need itself.
     */
    public Builder orphanedFolder(Path path) {
      folder = Optional.of(path.toAbsolutePath());
      return this;
    }

    /**
     * Starts the program. Its standard input is empty; what it says is appended to a file.
     *
     * <p>A command that does not exist is a program that ends at once with exit code 127 and says
     * so in the log.
     *
     * @throws TestkitException if no process can be made
     */
    public GuardedProcess start(Path log) {
      List<String> line = new ArrayList<>();
      line.addAll(List.of("sh", "-c", SESSION + "session \"$@\"", name));
      line.addAll(List.of("sh", "-c", GUARD, name, log.toAbsolutePath().toString()));
      line.add(folder.map(Path::toString).orElse(""));
      line.addAll(command);
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.redirectError(ProcessBuilder.Redirect.DISCARD).environment().putAll(environment);
      directory.ifPresent(path -> builder.directory(path.toFile()));
      try {
        Process guard = builder.start();
        BufferedReader out =
            new BufferedReader(new InputStreamReader(guard.getInputStream(), UTF_8));
        String pid = out.readLine();
        if (pid == null) {
          throw new TestkitException(Reason.PROCESS_FAILED, name + " did not start");
        }
        return new GuardedProcess(name, log, guard, Long.parseLong(pid));
      } catch (IOException e) {
        throw new TestkitException(Reason.PROCESS_FAILED, "cannot start " + name + ": " + e, e);
      }
    }
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  /** The program's process id. */
  public long pid() {
    return pid;
  }

  /** Whether the program runs. */
  public boolean isAlive() {
    return program.map(ProcessHandle::isAlive).orElse(false);
  }

  /** With what the program has ended (128 + n on signal n); empty while it runs. */
  public OptionalInt exitCode() {
    return guard.isAlive() ? OptionalInt.empty() : OptionalInt.of(guard.exitValue());
  }

  /**
   * Waits for the end of the program; false when it still runs after the timeout.
   *
   * @throws TestkitException if the thread is interrupted
   */
  public boolean awaitExit(Duration timeout) {
    try {
      return endsWithin(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException(Reason.TIMED_OUT, "interrupted while waiting for " + name, e);
    }
  }

  /**
   * As {@link #awaitExit}. The guard ends with the program and tells at once; but a guard may have
   * been killed alone.
   */
  boolean endsWithin(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!guard.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      return false;
    }
    if (!isAlive()) {
      return true;
    }
    try {
      program.orElseThrow().onExit().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new TestkitException(Reason.PROCESS_FAILED, "cannot wait for " + name + ": " + e, e);
    }
  }

  /** Asks the program to end (SIGTERM); one that is frozen is thawed, or it would not hear it. */
  public void terminate() {
    program.ifPresent(ProcessHandle::destroy);
    if (frozen && isAlive()) {
      thaw();
    }
  }

  /** Waits for the end and kills what has not ended by then, or when the thread is interrupted. */
  public void awaitEndOrKill(Duration grace) {
    boolean ended = false;
    try {
      ended = awaitExit(grace);
    } finally {
      if (!ended) {
        kill();
      }
    }
  }

  /**
   * Ends the program and what it has started at once (SIGKILL) and waits until it is gone, even if
   * the thread is interrupted.
   */
  public void kill() {
    if (guard.isAlive()) {
      program.ifPresent(ProcessHandle::destroyForcibly); // the guard sees to the rest
    } else if (isAlive()) {
      signal("KILL", "-" + pid);
    }
    boolean interrupted = Thread.interrupted();
    try {
      long deadline = System.nanoTime() + KILL_LIMIT.toNanos();
      while (true) {
        try {
          if (!endsWithin(Duration.ofNanos(deadline - System.nanoTime()))) {
            throw new TestkitException(
                Reason.PROCESS_FAILED, name + " (pid " + pid + ") does not end on SIGKILL");
          }
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Asks the program to end and kills it after 15 seconds. */
  @Override
  public void close() {
    terminate();
    awaitEndOrKill(CLOSE_GRACE);
  }

  /** Stops the program where it is (SIGSTOP): its connections stay open and nothing answers. */
  public void freeze() {
    signal("STOP", Long.toString(pid));
    frozen = true;
  }

  /** Lets a frozen program go on (SIGCONT). */
  public void thaw() {
    signal("CONT", Long.toString(pid));
    frozen = false;
  }

  /** Sends the program a signal, named as {@code kill -s} does. */
  void signal(String signal) {
    signal(signal, Long.toString(pid()));
  }

  private void signal(String signal, String target) {
    try {
      Process kill =
          new ProcessBuilder("sh", "-c", "kill -s \"$1\" -- \"$2\"", "kill", signal, target)
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
  public String logTail() {
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
