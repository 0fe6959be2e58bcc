package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardedProcessTest {

  @TempDir private Path directory = Path.of("");

  @Test
  @DisplayName("a program ends on request, and its output is in its log")
  void terminates() {
    GuardedProcess process =
        start("echo started; trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done");
    await().until(() -> process.logTail().contains("started"));
    process.terminate();
    assertThat(process.awaitExit(Duration.ofSeconds(5))).isTrue();
    assertThat(process.logTail()).contains("asked");
    assertThat(isAlive(process.pid())).isFalse();
  }

  @Test
  @DisplayName("a program that ignores the request is killed after its grace")
  void killedAfterGrace() {
    GuardedProcess process = start("trap '' TERM; echo started; while :; do sleep 0.05; done");
    await().until(() -> process.logTail().contains("started"));
    process.terminate();
    process.awaitEndOrKill(Duration.ofMillis(200));
    assertThat(isAlive(process.pid())).isFalse();
  }

  @Test
  @DisplayName("a frozen program does nothing until it is thawed")
  void frozen() throws IOException {
    GuardedProcess process = start("while :; do echo tick; sleep 0.01; done");
    await().until(() -> !process.logTail().isEmpty());
    process.freeze();
    long size = Files.size(log());
    await().during(Duration.ofMillis(200)).until(() -> Files.size(log()) <= size + 5);
    process.thaw();
    await().until(() -> Files.size(log()) > size + 20);
    process.kill();
  }

  @Test
  @DisplayName("a frozen program hears the request to end")
  void frozenAndTerminated() {
    GuardedProcess process =
        start("trap 'echo asked; exit 0' TERM; while :; do echo t; sleep 0.02; done");
    await().until(() -> !process.logTail().isEmpty());
    process.freeze();
    process.terminate();
    process.awaitEndOrKill(Duration.ofSeconds(5));
    assertThat(process.logTail()).contains("asked");
  }

  @Test
  @DisplayName("a program that ends by itself is seen to")
  void endsByItself() {
    GuardedProcess process = start("exit 3");
    assertThat(process.awaitExit(Duration.ofSeconds(5))).isTrue();
    assertThat(process.isAlive()).isFalse();
    process.terminate();
    process.kill();
  }

  @ParameterizedTest
  @ValueSource(strings = {"KILL", "TERM", "HUP", "INT"})
  @DisplayName("a program does not survive the JVM that started it, whatever signal ended that")
  void diesWithTheJvm(String signal) throws IOException, InterruptedException {
    diesWithTheJvm(signal, false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"KILL", "TERM", "HUP", "INT"})
  @DisplayName("a program does not survive a signal to the whole process group of its JVM")
  void diesWithTheGroup(String signal) throws IOException, InterruptedException {
    diesWithTheJvm(signal, true);
  }

  private void diesWithTheJvm(String signal, boolean wholeGroup)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectory(directory.resolve("scratch"));
    Files.writeString(Files.createDirectory(folder.resolve("inner")).resolve("file"), "text");
    Process jvm = startJvm(Starter.class, log().toString(), folder.toString());
    BufferedReader out = new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
    long program = Long.parseLong(requireNonNull(out.readLine()));
    await().until(() -> tail().contains("child="));
    long child = Long.parseLong(tail().replaceAll("(?s).*child=([0-9]+)\\n.*", "$1"));
    List<ProcessHandle> all = jvm.descendants().toList();
    assertThat(all).hasSizeGreaterThanOrEqualTo(4); // guard, watcher, program and its child
    assertThat(all).extracting(ProcessHandle::pid).contains(program, child);

    signal(signal, wholeGroup ? -jvm.pid() : jvm.pid());
    assertThat(jvm.waitFor(10, TimeUnit.SECONDS)).isTrue();

    await().atMost(Duration.ofSeconds(10)).until(() -> all.stream().noneMatch(Alive::test));
    await().atMost(Duration.ofSeconds(10)).until(() -> !Files.exists(folder));
  }

  @Test
  @DisplayName("a folder stays when the JVM itself has ended the program")
  void folderStays() throws IOException {
    Path folder = Files.createDirectory(directory.resolve("scratch"));
    GuardedProcess process =
        GuardedProcess.of("sleep", List.of("sleep", "600")).orphanedFolder(folder).start(log());
    process.kill();
    assertThat(folder).exists();
  }

  @Test
  @DisplayName("what a program has started goes with it, whether it is killed or ends by itself")
  void childrenGoToo() {
    GuardedProcess killed = start("sleep 600 & echo child=$!; wait");
    await().until(() -> killed.logTail().contains("child="));
    ProcessHandle first = child(killed);
    killed.kill();
    await("the signal has been obeyed").until(() -> !Alive.test(first));

    GuardedProcess ended = start("sleep 600 & echo child=$!; sleep 0.2; exit 3");
    await().until(() -> child(ended).pid() != first.pid());
    ProcessHandle second = child(ended);
    assertThat(ended.awaitExit(Duration.ofSeconds(5))).isTrue();
    assertThat(ended.exitCode()).hasValue(3);
    await().until(() -> !Alive.test(second));
  }

  @Test
  @DisplayName("a program whose guard was killed is alive, and can be waited for and killed")
  void withoutGuard() {
    GuardedProcess process = start("echo started; while :; do sleep 0.05; done");
    await().until(() -> process.logTail().contains("started"));
    ProcessHandle.of(process.pid()).flatMap(ProcessHandle::parent).orElseThrow().destroyForcibly();
    await().until(() -> process.exitCode().isPresent());

    assertThat(process.isAlive()).isTrue();
    assertThat(process.awaitExit(Duration.ofMillis(100))).isFalse();
    process.kill();
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  @DisplayName("a thread that is interrupted waits for nothing, but leaves nothing")
  void interrupted() {
    GuardedProcess process = start("trap '' TERM; echo started; while :; do sleep 0.05; done");
    await().until(() -> process.logTail().contains("started"));
    Thread.currentThread().interrupt();
    assertThatThrownBy(process::close).isInstanceOf(TestkitException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  @DisplayName("a program gets its environment and directory, and one that is not there says so")
  void environment() throws IOException {
    GuardedProcess process =
        GuardedProcess.of("env", List.of("sh", "-c", "echo $A-$(pwd)"))
            .environment("A", "b")
            .directory(directory)
            .start(log());
    assertThat(process.awaitExit(Duration.ofSeconds(5))).isTrue();
    assertThat(process.logTail()).contains("b-" + directory.toRealPath());

    GuardedProcess missing = GuardedProcess.of("x", List.of("no-such-program")).start(log());
    assertThat(missing.awaitExit(Duration.ofSeconds(5))).isTrue();
    assertThat(missing.exitCode()).hasValue(127);
    assertThat(missing.logTail()).contains("no-such-program");
  }

  @Test
  @DisplayName("program and guard are in process groups of their own")
  void ownProcessGroups() throws IOException, InterruptedException {
    GuardedProcess process = start("echo started; while :; do sleep 0.05; done");
    await().until(() -> process.logTail().contains("started"));
    ProcessHandle guard =
        ProcessHandle.of(process.pid()).flatMap(ProcessHandle::parent).orElseThrow();
    assertThat(
            List.of(group(process.pid()), group(guard.pid()), group(ProcessHandle.current().pid())))
        .doesNotHaveDuplicates();
    process.kill();
  }

  /** Starts a program, which starts another, and waits to be killed. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] args) throws IOException {
      GuardedProcess process =
          GuardedProcess.of("two", List.of("sh", "-c", "sleep 600 & echo child=$!; wait"))
              .orphanedFolder(Path.of(args[1]))
              .start(Path.of(args[0]));
      System.out.println(process.pid());
      assertThat(System.in.read()).isNegative();
    }
  }

  /** A JVM in a process group of its own, which hears all signals. */
  static Process startJvm(Class<?> main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "setsid",
                "env",
                "--default-signal=INT,HUP,TERM",
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Sends a signal to a process, or, if the number is negative, to a process group. */
  static void signal(String signal, long target) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-s", signal, "--", Long.toString(target)).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Whether a process runs; one that has ended and waits for its parent does not. */
  static final class Alive {
    private Alive() {}

    static boolean test(ProcessHandle process) {
      if (!process.isAlive()) {
        return false;
      }
      try {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
      } catch (IOException e) {
        return false;
      }
    }
  }

  private static ProcessHandle child(GuardedProcess process) {
    String tail = process.logTail();
    String last = tail.substring(tail.lastIndexOf("child=") + 6).strip();
    return ProcessHandle.of(Long.parseLong(last)).orElseThrow();
  }

  private String tail() throws IOException {
    return Files.exists(log()) ? Files.readString(log()) : "";
  }

  private GuardedProcess start(String script) {
    return GuardedProcess.of("script", List.of("sh", "-c", script)).start(log());
  }

  private Path log() {
    return directory.resolve("log");
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).isPresent();
  }

  private static String group(long pid) throws IOException, InterruptedException {
    Process ps = new ProcessBuilder("ps", "-o", "pgid=", "-p", Long.toString(pid)).start();
    String answer = new String(ps.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(ps.waitFor()).isZero();
    return answer;
  }
}
