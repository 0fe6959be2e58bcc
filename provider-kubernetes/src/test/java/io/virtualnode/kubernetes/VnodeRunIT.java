package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as it is used: a process of its own, a file, signals. */
@SuppressWarnings("NullAway.Init") // set before each test
@DisplayName("vnode run")
class VnodeRunIT {

  private static Federation federation;

  @TempDir private Path folder;
  private VnodeProcesses processes;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(4), NodeShape.cores(2));
    federation.stopNode(); // the process takes its place
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void begin() {
    processes = new VnodeProcesses(folder);
  }

  @AfterEach
  void end() throws InterruptedException {
    processes.kill();
    federation.clear();
  }

  @Test
  @DisplayName("offers the room of the reachable members when one cannot be reached at the start")
  void an_unreachable_member_does_not_stop_the_others() {
    federation.primary.client().nodes().withName(Federation.NODE).delete();
    federation.b.killApiServer();
    try {
      vnode(federation.a, federation.b);
      eventually(
          "the node is registered",
          () -> federation.primary.client().nodes().withName(Federation.NODE).get() != null);
      federation.awaitOffer(
          "a start with one of two members", Federation.LIMIT, () -> Federation.free(federation.a));
      assertThat(federation.allocatable().get("cpu")).isEqualTo(4000);
      federation.submit(pod("runs", "1", Map.of()));
      federation.awaitPhase("runs", "Running");
    } finally {
      federation.b.startApiServer();
    }
    federation.awaitTruth("the other member came");
    assertThat(federation.offered().get("cpu")).isEqualTo(5000);
  }

  @Test
  @DisplayName(
      "exits with 0 on SIGTERM and leaves what runs alone; the next process goes on with it")
  void sigterm() throws InterruptedException {
    var process = vnode(federation.a, federation.b);
    federation.submit(pod("runs", "1", Map.of()));
    federation.awaitPhase("runs", "Running");
    var delegate = federation.delegate("runs").getMetadata().getUid();
    process.toHandle().destroy();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    assertThat(federation.delegate("runs").isMarkedForDeletion()).isFalse();
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(federation.primary.client().nodes().withName(Federation.NODE).get()).isNotNull();

    vnode(federation.a, federation.b);
    federation.primary.client().pods().inNamespace("default").withName("runs").delete();
    eventually("the next process ends it", () -> federation.proxy("runs") == null);
    assertThat(federation.delegates()).isEmpty();
  }

  @Test
  @DisplayName("runs no pod twice when it is killed again and again while pods come")
  void sigkill() throws InterruptedException {
    int count = 24;
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      var process = vnode(federation.a, federation.b);
      for (int i = 0; i < count; i++) {
        federation.submit(pod("p" + i, "1", Map.of(Simulation.RUN_FOR, "500ms")));
        if (i % 8 == 7) {
          int ended = i - 6;
          eventually("some have ended", () -> succeeded() >= ended);
          process.destroyForcibly().waitFor();
          process = vnode(federation.a, federation.b);
        }
      }
      eventually("all have ended", () -> succeeded() == count);
      var delegates = new ArrayList<String>();
      a.runs().forEach(states -> delegates.add(states.get(0).getMetadata().getName()));
      b.runs().forEach(states -> delegates.add(states.get(0).getMetadata().getName()));
      assertThat(delegates).hasSize(count).doesNotHaveDuplicates();
    }
  }

  @Test
  @DisplayName("exits with 2 and names every fault when the configuration is faulty")
  void a_faulty_configuration() throws InterruptedException, IOException {
    var file = folder.resolve("faulty.yaml");
    Files.writeString(file, "node: {nam: vnode}\nmembers: [{name: a, kubeconfig: nowhere}]\n");
    var process = processes.run(file);
    assertThat(process.waitFor(Duration.ofSeconds(30).toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(2);
    assertThat(processes.log(process))
        .contains("node.name", "nam", "members[0].kubeconfig", "nowhere");
  }

  private static long succeeded() {
    return federation.primary.client().pods().inNamespace("default").list().getItems().stream()
        .filter(pod -> pod.getStatus().getPhase().equals("Succeeded"))
        .count();
  }

  private Process vnode(LocalCluster... members) {
    var yaml = new StringBuilder("node: {name: " + Federation.NODE + "}\n");
    yaml.append("primary: {kubeconfig: ").append(federation.primary.kubeconfig()).append("}\n");
    yaml.append("members:\n");
    for (var member : members) {
      yaml.append("- {name: %s, kubeconfig: %s}%n".formatted(member.name(), member.kubeconfig()));
    }
    try {
      return processes.run(Files.writeString(folder.resolve("vnode.yaml"), yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
