package io.virtualnode.kubernetes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows: signals, exit codes, logs by environment. */
@Timeout(60)
class VnodeProcessTest {

  @TempDir Path directory;

  @Test
  void sigterm_closes_the_node_and_the_process_exits_with_0() throws Exception {
    var run = runUntilSigterm(Map.of());

    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines()).containsExactly("started", "closed");
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .matches("\\S+ INFO  \\[main] .*RunCommand: Node grid runs over 0 members");
  }

  @Test
  void logs_are_json_when_the_environment_says_so() throws Exception {
    var run = runUntilSigterm(Map.of("VNODE_LOG_FORMAT", "json"));

    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .startsWith("{")
        .contains("\"level\":\"INFO\"", "\"formattedMessage\":\"Node grid runs over 0 members\"")
        .endsWith("}");
  }

  @Test
  void logs_are_silent_at_the_level_that_the_environment_says() throws Exception {
    assertThat(runUntilSigterm(Map.of("VNODE_LOG", "warn")).err()).isEmpty();
  }

  private VnodeRun runUntilSigterm(Map<String, String> environment) throws Exception {
    var file = directory.resolve("vnode.yaml");
    Files.writeString(file, "node: {name: grid}\nmembers: []\n");
    var err = directory.resolve("stderr");
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            VnodeForTest.class.getName(),
            "run",
            "--config",
            file.toString());
    builder.environment().putAll(environment);
    var process = builder.redirectError(err.toFile()).start();
    try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      var first = requireNonNull(out.readLine(), () -> "no output: " + read(err));
      process.toHandle().destroy();
      var rest = out.lines().toList();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return new VnodeRun(
          process.exitValue(), first + "\n" + String.join("\n", rest), Files.readString(err));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
