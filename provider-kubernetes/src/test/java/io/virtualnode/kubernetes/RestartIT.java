package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a node that was started again")
class RestartIT {

  private static Federation federation;

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
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("goes on with what runs: the same delegate, the same room, the true end")
  void goes_on_with_what_runs() {
    run("runs", Map.of(Simulation.RUN_FOR, "5s"));
    var before = federation.delegate("runs").getMetadata().getUid();
    federation.restartNode();
    federation.awaitTruth("a restart");
    federation.awaitPhase("runs", "Succeeded");
    assertThat(federation.delegates()).hasSize(1);
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(before);
    Federation.assertSameRun(
        federation.proxy("runs").getStatus(), federation.delegate("runs").getStatus());
  }

  @Test
  @DisplayName("reports the true ends of what ended meanwhile, and runs what came meanwhile")
  void reports_true_ends() {
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      run("good", Map.of(Simulation.RUN_FOR, "1s"));
      run("bad", Map.of(Simulation.RUN_FOR, "1s", Simulation.EXIT_CODE, "64"));
      federation.stopNode();
      federation.submit(pod("meanwhile", "1", Map.of(Simulation.RUN_FOR, "200ms")));
      eventually(
          "both have ended in their members",
          () -> federation.delegates().stream().allMatch(RestartIT::isOver));
      assertThat(federation.proxy("good").getStatus().getPhase()).isEqualTo("Running");
      eventually(
          "it is bound", () -> federation.proxy("meanwhile").getSpec().getNodeName() != null);
      federation.startNextNode();
      federation.awaitPhase("good", "Succeeded");
      federation.awaitPhase("bad", "Failed");
      federation.awaitPhase("meanwhile", "Succeeded");
      for (var name : List.of("good", "bad", "meanwhile")) {
        Federation.assertSameRun(
            federation.proxy(name).getStatus(), federation.delegate(name).getStatus());
      }
      assertThat(Stream.of(a, b).flatMap(member -> member.runs().stream()))
          .as("pods that ever ran in the members")
          .hasSize(3);
      federation.awaitTruth("all have ended");
    }
  }

  @Test
  @DisplayName("removes the delegate of a proxy that was force-deleted meanwhile, and no other")
  void removes_orphans() {
    run("orphan", Map.of());
    run("kept", Map.of());
    var kept = federation.delegate("kept").getMetadata().getUid();
    federation.stopNode();
    federation
        .primary
        .client()
        .pods()
        .inNamespace("default")
        .withName("orphan")
        .withGracePeriod(0)
        .delete();
    federation.startNextNode();
    eventually("the orphan has gone", () -> federation.delegate("orphan") == null);
    assertThat(federation.delegate("kept").getMetadata().getUid()).isEqualTo(kept);
    assertThat(federation.delegate("kept").isMarkedForDeletion()).isFalse();
    federation.awaitTruth("an orphan was removed");
  }

  @Test
  @DisplayName("finishes a deletion that was asked for meanwhile")
  void finishes_deletions() {
    run("deleted", Map.of(Simulation.STOP_DELAY, "2s"));
    federation.stopNode();
    federation.primary.client().pods().inNamespace("default").withName("deleted").delete();
    federation.startNextNode();
    eventually("the delegate ends", () -> federation.delegate("deleted").isMarkedForDeletion());
    assertThat(federation.proxy("deleted")).as("the proxy while its delegate ends").isNotNull();
    assertThat(federation.delegate("deleted").getMetadata().getDeletionGracePeriodSeconds())
        .isEqualTo(30);
    eventually("the proxy has gone", () -> federation.proxy("deleted") == null);
    assertThat(federation.delegates()).isEmpty();
    federation.awaitTruth("a deletion was finished");
  }

  @Test
  @DisplayName("fails a proxy whose delegate was removed meanwhile, and does not run it again")
  void does_not_run_twice() {
    run("robbed", Map.of());
    federation.stopNode();
    for (var member : List.of(federation.a, federation.b)) {
      member.client().pods().inNamespace("default").withGracePeriod(0).delete();
    }
    federation.startNextNode();
    federation.awaitPhase("robbed", "Failed");
    var status = federation.proxy("robbed").getStatus();
    assertThat(status.getReason()).isEqualTo("DelegateLost");
    assertThat(status.getPodIP()).as("what was known of it stays").isNotNull();
    assertThat(status.getContainerStatuses())
        .singleElement()
        .satisfies(main -> assertThat(main.getState().getRunning()).isNotNull());
    assertThat(federation.delegates()).isEmpty();
    federation.awaitTruth("a delegate was removed meanwhile");
  }

  @Test
  @DisplayName("goes on offering the other's room when a member full of our pods is lost meanwhile")
  void a_lost_member_takes_its_own_room_only() {
    federation.submit(pod("fills", "8", Map.of()));
    federation.awaitPhase("fills", "Running");
    federation.stopNode();
    federation.a.killApiServer();
    try {
      federation.startNextNode();
      federation.awaitOffer(
          "a restart without the full member",
          Federation.LIMIT,
          () -> Federation.free(federation.b));
      assertThat(federation.offered().get("cpu")).isEqualTo(4000);
    } finally {
      federation.a.startApiServer();
    }
    federation.awaitTruth("the full member came back");
    assertThat(federation.proxy("fills").getStatus().getPhase()).isEqualTo("Running");
  }

  @Test
  @DisplayName("finishes the deletion of what ended while its member could not be reached")
  void finishes_deletions_of_what_has_ended() {
    run("ends", Map.of(Simulation.RUN_FOR, "2s"));
    var member = federation.delegateMember("ends");
    federation.stopNode();
    federation.primary.client().pods().inNamespace("default").withName("ends").delete();
    eventually("it has ended", () -> isOver(federation.delegate("ends")));
    member.killApiServer();
    try {
      federation.startNextNode();
      assertThat(federation.proxy("ends").isMarkedForDeletion()).isTrue();
    } finally {
      member.startApiServer();
    }
    eventually("the proxy has gone", () -> federation.proxy("ends") == null);
    eventually("the delegate has gone", () -> federation.delegates().isEmpty());
    federation.awaitTruth("a deletion was finished");
  }

  @Test
  @DisplayName("loses none of many pods that come, run and end across three restarts")
  void loses_none() {
    int count = 30;
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      for (int i = 0; i < count; i++) {
        federation.submit(pod("p" + i, "1", Map.of(Simulation.RUN_FOR, 300 + 50 * i + "ms")));
        if (i % 10 == 5) {
          federation.restartNode();
        }
      }
      for (int i = 0; i < count; i++) {
        federation.awaitPhase("p" + i, "Succeeded");
      }
      assertThat(Stream.of(a, b).flatMap(member -> member.runs().stream())).hasSize(count);
      federation.awaitTruth("three restarts");
    }
  }

  private static void run(String name, Map<String, String> life) {
    federation.submit(pod(name, "1", life));
    federation.awaitPhase(name, "Running");
  }

  private static boolean isOver(Pod pod) {
    return List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase());
  }
}
