package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  @DisplayName("a program does not survive the SIGKILL of the JVM that started it")
  void diesWithTheJvm() throws IOException, InterruptedException {
    Process jvm =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Starter.class.getName(),
                log().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
    long pid = Long.parseLong(requireNonNull(out.readLine()));
    assertThat(isAlive(pid)).isTrue();

    jvm.destroyForcibly();
    assertThat(jvm.waitFor(10, TimeUnit.SECONDS)).isTrue();

    await().atMost(Duration.ofSeconds(10)).until(() -> !isAlive(pid));
  }

  @Test
  @DisplayName("Ctrl-C, which goes to a whole process group, does not reach a program")
  void ownProcessGroup() throws IOException, InterruptedException {
    GuardedProcess process = start("echo started; while :; do sleep 0.05; done");
    await().until(() -> process.logTail().contains("started"));
    assertThat(group(process.pid())).isNotEqualTo(group(ProcessHandle.current().pid()));
    process.kill();
  }

  /** Starts a program and waits to be killed. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] args) throws IOException {
      GuardedProcess process =
          GuardedProcess.start("sleep", List.of("sleep", "600"), Path.of(args[0]));
      System.out.println(process.pid());
      assertThat(System.in.read()).isNegative();
    }
  }

  private GuardedProcess start(String script) {
    return GuardedProcess.start("script", List.of("sh", "-c", script), log());
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
