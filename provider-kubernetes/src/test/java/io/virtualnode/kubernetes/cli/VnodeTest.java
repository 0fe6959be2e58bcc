package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.NodeSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VnodeTest {

  private static final Configuration ALONE =
      Configuration.of(NodeSettings.named("grid"), ClusterAccess.standard(), List.of());

  private static final Finding FINE =
      new Finding.Reached("https://x", "v1.37.2", Optional.of("bob"), Optional.empty(), List.of());

  @TempDir Path directory;

  private final List<String> contacted = new CopyOnWriteArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"run", "check"})
  void a_faulty_configuration_ends_with_2_and_all_faults_before_anything_is_contacted(
      String command) throws Exception {
    var file = write("node: {name: Grid}\nmember: []\n");

    var result = vnode(command, "--config", file.toString());

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines())
        .containsExactly(
            file + ": faulty configuration",
            "  members: missing",
            "  node.name: \"Grid\" is not a node name (at most 63 of a-z, 0-9, - and ., with a"
                + " letter or digit at both ends of each part)",
            "  member: unknown key, did you mean \"members\"?");
    assertThat(contacted).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "check"})
  void a_file_that_is_missing_ends_with_2(String command) {
    var file = directory.resolve("none.yaml");

    var result = vnode(command, "--config", file.toString());

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("  file not found: " + file);
    assertThat(contacted).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "run, Missing required option: '--config=FILE'",
    "check, Missing required option: '--config=FILE'",
    "chekc, Unmatched argument at index 0: 'chekc'",
    "version --bad, Unknown option: '--bad'",
    "drain --config f, Missing required parameter: 'MEMBER'",
    "drain a --config f --undo --now, --undo goes with nothing else",
    "drain a --config f --undo --timeout 3s, --undo goes with nothing else",
    "drain a --config f --timeout 3, Invalid value for option '--timeout': \"3\" is not a duration"
  })
  void a_wrong_command_line_ends_with_2_and_what_is_wrong(String arguments, String message) {
    var result = vnode(arguments.split(" "));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).startsWith(message);
    assertThat(contacted).isEmpty();
  }

  @Test
  void drain_reads_the_configuration_before_anything_is_contacted() throws Exception {
    var file = write("node: {name: Grid}\nmembers: []\n");

    var result = vnode("drain", "a", "--config", file.toString());

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).startsWith(file + ": faulty configuration");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "check", "drain"})
  void help_tells_options_and_exit_codes(String command) {
    var result = vnode(command, "--help");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("--config", "Exit codes:", "configuration is faulty");
  }

  @Test
  void help_tells_the_commands_and_the_environment() {
    assertThat(vnode("--help").out())
        .contains("run", "check", "version", "VNODE_LOG", "VNODE_LOG_FORMAT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"version", "--version"})
  void the_versions_are_those_of_the_build(String arguments) {
    var result = vnode(arguments);

    assertThat(result.exitCode()).isZero();
    assertThat(result.out().lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).matches("vnode \\d+\\.\\d+\\.\\d+.*"),
            line -> assertThat(line).startsWith("Java " + Runtime.version().feature()),
            line -> assertThat(line).matches("fabric8 kubernetes-client \\d+\\..*"));
  }

  @Test
  void check_asks_every_cluster_and_prints_the_report() throws Exception {
    var file = write("node: {name: grid}\nmembers: [{name: site-a, namespace: atlas}]\n");

    var result = vnode("check", "-c", file.toString());

    assertThat(result.exitCode()).isZero();
    assertThat(result.out().lines())
        .contains("primary: user bob", "member site-a: user bob")
        .endsWith("All right: 2 clusters are ready");
    assertThat(contacted).containsExactlyInAnyOrder("get nodes", "list nodes");
  }

  @Test
  void check_prints_json_when_asked() throws Exception {
    var file = write("node: {name: grid}\nmembers: []\n");

    var result = vnode("check", "-c", file.toString(), "--output", "json");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out().replaceAll("\\s", ""))
        .isEqualTo(
            "{\"ready\":true,\"clusters\":[{\"cluster\":\"primary\",\"ready\":true,"
                + "\"server\":\"https://x\",\"version\":\"v1.37.2\",\"user\":\"bob\","
                + "\"missing\":[]}],\"remarks\":[]}");
  }

  @Test
  void a_cluster_that_hangs_does_not_hold_up_the_others() throws Exception {
    var file = write("node: {name: grid}\nmembers: [{name: site-a}]\n");
    var release = new CountDownLatch(1);
    ClusterProbe probe =
        (access, permissions, timeout) -> {
          assertThat(timeout).isEqualTo(Duration.ofSeconds(1));
          if (permissions.equals(RequiredPermissions.inPrimary(ALONE))) {
            awaitForever(release);
          }
          return FINE;
        };

    var result = vnode(probe, "check", "-c", file.toString(), "--timeout", "1");
    release.countDown();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out().lines())
        .contains(
            "primary: unreachable: standard access: no complete answer within 1 s",
            "member site-a: user bob");
  }

  @Test
  void a_probe_that_fails_is_an_unreachable_cluster() throws Exception {
    var file = write("node: {name: grid}\nmembers: []\n");
    ClusterProbe probe =
        (access, permissions, timeout) -> {
          throw new IllegalStateException("no such thing");
        };

    var result = vnode(probe, "check", "-c", file.toString());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("primary: unreachable: no such thing");
  }

  private VnodeRun vnode(String... arguments) {
    return vnode(
        (access, permissions, timeout) -> {
          contacted.add(permissions.get(0).toString());
          return FINE;
        },
        arguments);
  }

  private VnodeRun vnode(ClusterProbe probe, String... arguments) {
    return VnodeRun.of(
        configuration -> {
          contacted.add("process");
          throw new AssertionError("not to be run");
        },
        task -> contacted.add("shutdown"),
        probe,
        arguments);
  }

  private static void awaitForever(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Path write(String yaml) throws Exception {
    return Files.writeString(directory.resolve("vnode.yaml"), yaml);
  }
}
