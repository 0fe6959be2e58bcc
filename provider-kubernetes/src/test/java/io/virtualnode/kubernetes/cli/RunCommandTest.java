package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunCommandTest {

  @TempDir Path directory;

  private final CompletableFuture<Shutdown.Task> shutdown = new CompletableFuture<>();
  private Path file = Path.of("");

  @BeforeEach
  void write() throws Exception {
    file = Files.writeString(directory.resolve("vnode.yaml"), "node: {name: grid}\nmembers: []\n");
  }

  @Test
  void a_request_to_stop_closes_the_node_and_ends_with_0() {
    var process = new FakeNodeProcess();
    var run = run(process);
    await().until(() -> process.calls.contains("start"));

    var code = shutdown.join().stop();

    assertThat(code).isZero();
    assertThat(process.calls).containsExactly("start", "close");
    assertThat(run.join().exitCode()).isZero();
  }

  @Test
  void a_changed_file_is_handed_to_the_node() throws Exception {
    var process = new FakeNodeProcess();
    var run = run(process);
    await().until(() -> process.calls.contains("start"));

    Files.writeString(file, "node: {name: grid}\nmembers: [{name: a}]\n");
    await().until(() -> process.calls.contains("reload [a]"));
    shutdown.join().stop();

    assertThat(run.join().exitCode()).isZero();
    assertThat(process.calls).containsExactly("start", "reload [a]", "close");
  }

  @Test
  void a_node_that_cannot_go_on_is_closed_and_ends_with_1() {
    var process = new FakeNodeProcess();
    var run = run(process);

    process.ended.completeExceptionally(new IllegalStateException("lost"));

    assertThat(run.join().exitCode()).isEqualTo(1);
    assertThat(process.calls).containsExactly("start", "close");
  }

  @Test
  void a_node_that_ends_by_itself_ends_with_0() {
    var process = new FakeNodeProcess();
    process.ended.complete(null);

    assertThat(run(process).join().exitCode()).isZero();
    assertThat(process.calls).containsExactly("start", "close");
  }

  @Test
  void a_node_that_cannot_start_is_closed_all_the_same() {
    var process =
        new FakeNodeProcess() {
          @Override
          public void start() {
            throw new IllegalStateException("cannot");
          }
        };

    assertThat(run(process).join().exitCode()).isEqualTo(1);
    assertThat(process.calls).containsExactly("close");
  }

  @Test
  void a_node_that_cannot_be_closed_ends_with_1() {
    var process =
        new FakeNodeProcess() {
          @Override
          public void close() {
            throw new IllegalStateException("cannot");
          }
        };
    process.ended.complete(null);

    assertThat(run(process).join().exitCode()).isEqualTo(1);
    assertThat(shutdown.join().stop()).isEqualTo(1);
  }

  @Test
  void a_node_that_cannot_be_made_is_said_without_a_stack_trace() {
    var result =
        VnodeRun.of(
            configuration -> {
              throw new IllegalStateException("no room");
            },
            shutdown::complete,
            (access, permissions, timeout) -> new Finding.Unreachable(""),
            "run",
            "-c",
            file.toString());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualToIgnoringNewLines("vnode: java.lang.IllegalStateException: no room");
  }

  private CompletableFuture<VnodeRun> run(NodeProcess process) {
    return CompletableFuture.supplyAsync(
        () ->
            VnodeRun.of(
                configuration -> process,
                shutdown::complete,
                (access, permissions, timeout) -> new Finding.Unreachable(""),
                "run",
                "--config",
                file.toString()));
  }
}
