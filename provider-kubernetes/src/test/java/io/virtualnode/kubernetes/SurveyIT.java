package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.cli.Vnode;
import io.virtualnode.testkit.NodeShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as they are used, in processes of their own, beside a node that runs. */
@DisplayName("vnode capacity and vnode why")
class SurveyIT {

  private static Federation federation;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(4));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @AfterEach
  void clear() {
    federation.clear();
  }

  @Test
  @DisplayName("capacity prints who uses what on each node, as the node offers it")
  void capacity() throws InterruptedException {
    federation.a.client().resource(localPod("local", "2")).create();
    federation.submit(pod("ours", "3", Map.of()));
    federation.awaitPhase("ours", "Running");
    federation.awaitTruth("a pod of ours and a local one run");
    assertThat(vnode(0, "capacity", "--slots", "1,2"))
        .anySatisfy(line -> assertThat(line).matches("a +a-1 +cpu +8 +2 +0 +0 +6 +usable"))
        .anySatisfy(line -> assertThat(line).matches("b +b-1 +cpu +4 +0 +3 +0 +1 +usable"))
        .anySatisfy(
            line -> assertThat(line).isEqualTo("allocatable of vnode: " + federation.allocatable()))
        .contains("1-core slots free: 7", "2-core slots free: 3");
  }

  @Test
  @DisplayName("capacity names a member that does not answer, and exits with 1")
  void unreachable() throws InterruptedException {
    federation.b.freezeApiServer();
    try {
      assertThat(vnode(1, "capacity", "--timeout", "3"))
          .contains("member b did not answer in time: it offers nothing new");
    } finally {
      federation.b.thawApiServer();
    }
  }

  @Test
  @DisplayName("why says where a pod is, where one would go, and why one waits, member by member")
  void why() throws InterruptedException {
    federation.submit(pod("runs", "3", Map.of()));
    federation.awaitPhase("runs", "Running");
    assertThat(vnode(0, "why", "runs"))
        .containsExactly(
            "default/runs: bound to vnode, Running", "it has its slot on node b-1 of member b");

    federation.a.client().resource(localPod("local", "5")).create();
    federation.awaitTruth("three cores are free in one member and one in the other");
    federation.submit(pod("waits", "4", Map.of()));
    eventually(
        "it waits",
        () -> "WaitingForSlot".equals(federation.proxy("waits").getStatus().getReason()));
    var message = federation.proxy("waits").getStatus().getMessage();
    assertThat(message).isEqualTo("0/2 nodes are available: 2 Insufficient cpu.");
    assertThat(federation.proxy("waits").getStatus().getConditions())
        .filteredOn(condition -> condition.getType().equals("virtualnode.io/DelegateScheduled"))
        .singleElement()
        .satisfies(
            condition -> {
              assertThat(condition.getStatus()).isEqualTo("False");
              assertThat(condition.getReason()).isEqualTo("WaitingForSlot");
              assertThat(condition.getMessage()).isEqualTo(message);
            });
    assertThat(vnode(0, "why", "waits"))
        .containsExactly(
            "default/waits: bound to vnode, Pending (WaitingForSlot)",
            "placed now, it would wait",
            message,
            "  member a: 0/1 nodes are available: 1 Insufficient cpu.",
            "  member b: 0/1 nodes are available: 1 Insufficient cpu.");

    var unbound = pod("unbound", "2", Map.of());
    unbound.getSpec().setTolerations(List.of());
    federation.submit(unbound);
    assertThat(vnode(0, "why", "unbound"))
        .contains(
            "default/unbound: not bound, Pending",
            "placed now, it would go to node a-1 of member a");
    assertThat(vnode(1, "why", "nobody")).contains("vnode: no pod default/nobody");
  }

  private List<String> vnode(int exitCode, String command, String... arguments)
      throws InterruptedException {
    try {
      var file = folder.resolve("vnode.yaml");
      Files.writeString(
          file,
          """
          node: {name: %s}
          primary: {kubeconfig: %s}
          members:
          - {name: a, kubeconfig: %s}
          - {name: b, kubeconfig: %s}
          """
              .formatted(
                  Federation.NODE,
                  federation.primary.kubeconfig(),
                  federation.a.kubeconfig(),
                  federation.b.kubeconfig()));
      var line =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Vnode.class.getName(),
                  command,
                  "--config",
                  file.toString()));
      line.addAll(List.of(arguments));
      var output = folder.resolve("output");
      var builder = new ProcessBuilder(line);
      builder.environment().put("VNODE_LOG", "error");
      var process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      var lines = Files.readAllLines(output);
      assertThat(process.exitValue()).as("%s", lines).isEqualTo(exitCode);
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
