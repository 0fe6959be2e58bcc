package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demonstration as a process, as {@code run.sh} starts it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set by each test
final class FederationDemoIT {

  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final Pattern PODS_RUN = Pattern.compile("pending [1-9][0-9]* running");

  @TempDir private Path folder;
  private Process demo;
  private final Set<ProcessHandle> seen = new HashSet<>();

  @AfterEach
  void end() {
    demo.destroyForcibly();
  }

  @Test
  void all_jobs_succeed_and_the_check_holds_and_all_stays_up_until_enter() throws Exception {
    start("--nodes", "1", "--jobs", "12", "--keep");
    await("the directions are said")
        .atMost(LIMIT)
        .until(() -> !note().isAlive() || output().contains("Ends with Enter"));

    assertThat(output())
        .contains(
            "starting the primary and site-a (1 x 8 cores), site-b (1 x 12 cores)",
            "submitting 12 Jobs (9 with 1 core, 3 with 8): 33 cores wanted, 20 there",
            "jobs succeeded      12 of 12",
            "held throughout",
            "\nOK\n",
            "kubectl --kubeconfig ")
        .doesNotContain("BROKEN", "WRONG");
    assertThat(seen).as(this::output).isNotEmpty().allMatch(ProcessHandle::isAlive);

    demo.getOutputStream().write('\n');
    demo.getOutputStream().flush();
    awaitEnd();

    assertThat(demo.exitValue()).as(this::output).isZero();
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
  void no_process_is_left_when_a_signal_ends_it(String signal, int exitCode) throws Exception {
    start("--members", "1", "--nodes", "1", "--jobs", "24");
    await("the Jobs run")
        .atMost(LIMIT)
        .until(() -> !note().isAlive() || PODS_RUN.matcher(output()).find());
    // At least etcd, API server, controller manager and scheduler twice, kwok and the virtual node.
    assertThat(seen).as(this::output).hasSizeGreaterThanOrEqualTo(10);

    new ProcessBuilder("kill", "-" + signal, Long.toString(demo.pid())).start().waitFor();
    awaitEnd();

    assertThat(demo.exitValue()).as(this::output).isEqualTo(exitCode);
    assertThat(output()).doesNotContain("FAILED", "Exception");
    assertNothingIsLeft();
  }

  @Test
  void log_of_the_node_is_kept_when_it_dies() throws Exception {
    start("--members", "1", "--nodes", "1", "--jobs", "24");
    await("the Jobs run")
        .atMost(LIMIT)
        .until(() -> !note().isAlive() || PODS_RUN.matcher(output()).find());
    var node =
        seen.stream()
            .filter(p -> p.info().command().orElse("").endsWith("/java"))
            .filter(p -> p.pid() != demo.pid())
            .findFirst()
            .orElseThrow();

    node.destroyForcibly();
    awaitEnd();

    assertThat(demo.exitValue()).as(this::output).isEqualTo(1);
    assertThat(output())
        .contains("WRONG: vnode has ended: exit code 137", "the virtual node's log is kept: ");
    try (var files = Files.walk(temporary())) {
      assertThat(files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()))
          .contains("vnode.log");
    }
  }

  /** A shell in the background makes its children deaf to SIGINT; the demonstration must hear. */
  private void start(String... options) {
    var command = new ArrayList<String>();
    command.addAll(
        List.of(
            "env",
            "--default-signal=INT",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.io.tmpdir=" + temporary(),
            "-cp",
            System.getProperty("java.class.path"),
            FederationDemo.class.getName()));
    command.addAll(List.of(options));
    try {
      Files.createDirectories(temporary());
      demo =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log().toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitEnd() {
    await("the demonstration ends")
        .atMost(LIMIT)
        .conditionEvaluationListener(ignored -> note())
        .until(() -> !demo.isAlive());
  }

  /** Remembers its processes: once it has ended, they have another parent. */
  private Process note() {
    demo.descendants().forEach(seen::add);
    return demo;
  }

  private void assertNothingIsLeft() {
    assertThat(seen).isNotEmpty();
    await("every process has ended")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(seen.stream().filter(ProcessHandle::isAlive).map(ProcessHandle::info))
                    .isEmpty());
    await("every folder has gone")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(temporary()).isEmptyDirectory());
  }

  private Path temporary() {
    return folder.resolve("tmp");
  }

  private Path log() {
    return folder.resolve("log");
  }

  private String output() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
