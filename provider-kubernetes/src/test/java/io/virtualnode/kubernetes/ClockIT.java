package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.virtualnode.testkit.FakeClock;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process's wall clock is wrong, and jumps; everybody else's is right. */
@SuppressWarnings("NullAway.Init") // set before each test
@DisplayName("clock skew")
class ClockIT {

  private static final List<Duration> JUMPS =
      List.of(
          Duration.ofHours(2),
          Duration.ZERO,
          Duration.ofMinutes(-20),
          Duration.ofDays(30),
          Duration.ofMinutes(-20));
  private static final int PODS = 4; // after each jump

  private static Federation federation;

  @TempDir private Path folder;
  private VnodeProcesses processes;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(8));
    federation.stopNode(); // the processes take its place
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
  @DisplayName("and jumps of hours change nothing: pods run once, with the member's own times")
  void jumps() throws IOException {
    var clock = clock("clock");
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      vnode(clock, "");
      federation.submit(pod("long", "1", Map.of()));
      federation.awaitPhase("long", "Running");
      try (var readiness = new Readiness(federation.primary.client())) {
        var begin = Instant.now();
        for (int jump = 0; jump < JUMPS.size(); jump++) {
          clock.jump(JUMPS.get(jump));
          runSome("jump" + jump, begin);
          // The primary gives a silent node less than that: it is not.
          await("the Node stays ready")
              .during(Duration.ofSeconds(2))
              .until(() -> readiness.values.equals(Set.of("True")));
        }
      }
      federation.awaitTruth("all the jumps");
      assertThat(federation.proxy("long").getStatus().getPhase()).isEqualTo("Running");
      assertThat(a.runs().size() + b.runs().size()).isEqualTo(1 + JUMPS.size() * PODS);
    }
  }

  @Test
  @DisplayName("of a leader ends its term at once when its clock jumps ahead; no pod runs twice")
  void leader() throws IOException {
    var clock = clock("leader");
    var election =
        "election: {namespace: default, leaseDuration: 4s, renewDeadline: 3s, retryPeriod: 500ms}";
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      var first = vnode(clock, election);
      eventually("it leads", () -> processes.log(first).contains("is held by this process"));
      vnode(clock("other"), election);
      var begin = Instant.now();
      runSome("before", begin);
      clock.jump(Duration.ofHours(1));
      eventually(
          "its term is over",
          () -> processes.log(first).contains("no longer held by this process"));
      runSome("after", begin);
      clock.jump(Duration.ofHours(-1));
      runSome("back", begin);
      assertThat(a.runs().size() + b.runs().size()).isEqualTo(3 * PODS);
    }
  }

  private FakeClock clock(String name) throws IOException {
    var clock = FakeClock.in(Files.createDirectory(folder.resolve(name)));
    assumeThat(clock).as("libfaketime is not installed").isPresent();
    return clock.orElseThrow();
  }

  private static void runSome(String name, Instant begin) {
    var names = IntStream.range(0, PODS).mapToObj(i -> name + "-" + i).toList();
    names.forEach(pod -> federation.submit(pod(pod, "1", Map.of(Simulation.RUN_FOR, "300ms"))));
    names.forEach(pod -> federation.awaitPhase(pod, "Succeeded"));
    for (var pod : names) {
      var status = federation.proxy(pod).getStatus();
      Federation.assertSameRun(status, federation.delegate(pod).getStatus());
      assertThat(Instant.parse(status.getStartTime()))
          .isBetween(begin.minusSeconds(2), Instant.now().plusSeconds(2));
    }
  }

  /** Sees each value that the Node's condition Ready ever has. */
  private static final class Readiness implements Watcher<Node>, AutoCloseable {

    private final Set<String> values = new CopyOnWriteArraySet<>();
    private final Watch watch;

    Readiness(KubernetesClient primary) {
      this.watch = primary.nodes().withName(Federation.NODE).watch(this);
    }

    @Override
    public void eventReceived(Action action, Node node) {
      node.getStatus().getConditions().stream()
          .filter(condition -> condition.getType().equals("Ready"))
          .forEach(condition -> values.add(condition.getStatus()));
    }

    @Override
    public void onClose(WatcherException cause) {
      values.add("the watch broke: " + cause);
    }

    @Override
    public void close() {
      watch.close();
    }
  }

  private Process vnode(FakeClock clock, String more) throws IOException {
    var yaml =
        """
        node: {name: vnode}
        primary: {kubeconfig: %s}
        members:
        - {name: a, kubeconfig: %s}
        - {name: b, kubeconfig: %s}
        %s
        """
            .formatted(
                federation.primary.kubeconfig(),
                federation.a.kubeconfig(),
                federation.b.kubeconfig(),
                more);
    return processes.run(
        Files.writeString(folder.resolve("vnode.yaml"), yaml), List.of(), clock.environment());
  }
}
