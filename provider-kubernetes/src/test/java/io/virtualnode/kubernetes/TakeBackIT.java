package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.chaos.PodWrite;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.delegate.TakeBackMark;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Member a, which placement prefers, has no scheduler: whatever goes there stays on no node. */
@DisplayName("a delegate that finds no node in its member")
class TakeBackIT {

  private static final Duration TAKE_BACK_AFTER = Duration.ofSeconds(1);
  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a").scheduler(false).nodes(1, NodeShape.cores(2)),
                LocalCluster.builder("b").nodes(1, NodeShape.cores(4))),
            configuration -> configuration.withPlacement(takingBack()));
  }

  private static PlacementSettings takingBack() {
    return PlacementSettings.DEFAULT.withTakeBackAfter(TAKE_BACK_AFTER);
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
  @DisplayName("is taken back and runs in another, leaving nothing")
  void moves() {
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      federation.submit(pod("moves", "1", Map.of(Simulation.RUN_FOR, "1s")));
      eventually("it is created in a", () -> !delegatesInA().isEmpty());
      federation.awaitPhase("moves", "Succeeded");
      assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
      eventually("what was in a is let go", () -> delegatesInA().isEmpty());
      assertThat(Intent.of(federation.proxy("moves")))
          .hasValueSatisfying(
              intent -> {
                assertThat(intent.member()).isEqualTo("b");
                assertThat(intent.attempt()).isEqualTo(1);
              });
      assertThat(b.histories()).as("runs").hasSize(1);
      assertThat(a.histories())
          .as("what there was in a")
          .singleElement()
          .satisfies(
              states ->
                  assertThat(states)
                      .allSatisfy(state -> assertThat(state.getSpec().getNodeName()).isNull())
                      .anySatisfy(state -> assertThat(TakeBackMark.isProof(state)).isTrue()));
    }
    federation.awaitTruth("a delegate has moved");
    federation.primary.client().pods().inNamespace("default").withName("moves").delete();
    eventually("nothing is left in b", () -> federation.delegates().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(
      value = PodWrite.class,
      names = {"MARK", "TAKE_BACK"})
  @DisplayName("is not lost and runs elsewhere once when the process is killed right after its")
  void killed(PodWrite last) {
    submitUnlucky("killed", UnluckyClients.killedAfter(last));
    assertThat(delegatesInA())
        .singleElement()
        .satisfies(
            left -> {
              assertThat(TakeBackMark.isOn(left)).isTrue();
              assertThat(TakeBackMark.isProof(left)).isEqualTo(last == PodWrite.TAKE_BACK);
            });
    federation.restartNode();
    runsOnceElsewhere("killed");
  }

  @Test
  @DisplayName("is not lost and runs elsewhere once when the answer to its deletion is lost")
  void answer_lost() {
    submitUnlucky("unanswered", UnluckyClients.withoutTheAnswerTo(PodWrite.TAKE_BACK));
    runsOnceElsewhere("unanswered");
  }

  @Test
  @DisplayName("runs where it is, loses its mark and ends truly when it finds a node after a crash")
  void bound_after_a_crash() {
    submitUnlucky("bound", UnluckyClients.killedAfter(PodWrite.MARK));
    var delegate = delegatesInA().get(0).getMetadata();
    bind(delegate);
    federation.restartNode();
    eventually("the mark is off", () -> delegatesInA().stream().noneMatch(TakeBackMark::isOn));
    federation.awaitPhase("bound", "Succeeded");
    assertThat(Federation.delegatesIn(federation.b.client())).isEmpty();
    federation.primary.client().pods().inNamespace("default").withName("bound").delete();
    eventually("nothing is left in a", () -> delegatesInA().isEmpty());
  }

  @Test
  @DisplayName("is let go when its proxy is deleted after a crash and before it has moved")
  void deleted_after_a_crash() {
    submitUnlucky("deleted", UnluckyClients.killedAfter(PodWrite.TAKE_BACK));
    federation.stopNode();
    federation.primary.client().pods().inNamespace("default").withName("deleted").delete();
    federation.startNextNode();
    eventually("the proxy has gone", () -> federation.proxy("deleted") == null);
    eventually("nothing is left", () -> federation.delegates().isEmpty());
  }

  @Test
  @DisplayName("goes although it is marked when its proxy is deleted after a crash")
  void marked_and_deleted_after_a_crash() {
    submitUnlucky("marked", UnluckyClients.killedAfter(PodWrite.MARK));
    federation.stopNode();
    federation.primary.client().pods().inNamespace("default").withName("marked").delete();
    federation.startNextNode();
    eventually("the proxy has gone", () -> federation.proxy("marked") == null);
    eventually("nothing is left", () -> federation.delegates().isEmpty());
  }

  private static void submitUnlucky(String name, UnluckyClients clients) {
    federation.restartNode(clients);
    federation.submit(pod(name, "1", Map.of(Simulation.RUN_FOR, "1s")));
    eventually("that point is reached", clients::isReached);
  }

  private static void runsOnceElsewhere(String name) {
    federation.awaitPhase(name, "Succeeded");
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
    eventually("what was in a is let go", () -> delegatesInA().isEmpty());
  }

  /** As the scheduler does that member a has not. */
  private static void bind(ObjectMeta delegate) {
    var node = federation.a.client().nodes().list().getItems().get(0).getMetadata().getName();
    federation
        .a
        .client()
        .bindings()
        .inNamespace(delegate.getNamespace())
        .resource(
            new BindingBuilder()
                .withNewMetadata()
                .withName(delegate.getName())
                .withUid(delegate.getUid())
                .endMetadata()
                .withNewTarget()
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build())
        .create();
  }

  @Test
  @DisplayName("stays where it is while there is no room elsewhere, and moves when there is")
  void stays() {
    federation.b.client().resource(Federation.localPod("local", "4")).create();
    federation.awaitTruth("b has no core left");
    federation.submit(pod("stays", "1", Map.of(Simulation.RUN_FOR, "1s")));
    eventually("it is created in a", () -> !delegatesInA().isEmpty());
    var uid = delegatesInA().get(0).getMetadata().getUid();
    await("it stays")
        .during(TAKE_BACK_AFTER.multipliedBy(3))
        .atMost(Federation.LIMIT)
        .until(
            () ->
                delegatesInA().size() == 1
                    && delegatesInA().get(0).getMetadata().getUid().equals(uid));
    assertThat(federation.proxy("stays").getStatus().getPhase()).isEqualTo("Pending");
    federation.b.client().pods().inNamespace("default").withName("local").delete();
    federation.awaitPhase("stays", "Succeeded");
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
  }

  @Test
  @DisplayName(
      "goes elsewhere past the tombstone that an earlier version left, which goes with the proxy")
  void earlier_tombstone() {
    federation.b.client().resource(Federation.localPod("local", "4")).create();
    federation.awaitTruth("b has no core left");
    federation.submit(pod("crashes", "1", Map.of(Simulation.RUN_FOR, "1s")));
    eventually("it is created in a", () -> !delegatesInA().isEmpty());
    federation.stopNode();
    // As the process would have done before it was killed.
    var delegate = delegatesInA().get(0);
    federation.a.client().resource(delegate).withGracePeriod(0).delete();
    eventually("it has gone", () -> delegatesInA().isEmpty());
    var proxy = federation.proxy("crashes");
    var ownership =
        new Ownership(
            federation
                .primary
                .client()
                .namespaces()
                .withName("kube-system")
                .get()
                .getMetadata()
                .getUid(),
            Federation.NODE);
    federation
        .a
        .client()
        .resource(
            EarlierTombstone.of(
                io.virtualnode.api.PodKey.of(proxy),
                Intent.of(proxy).orElseThrow(),
                "default",
                ownership))
        .create();
    federation.b.client().pods().inNamespace("default").withName("local").delete();
    federation.startNextNode();
    federation.awaitPhase("crashes", "Succeeded");
    assertThat(Federation.delegatesIn(federation.b.client())).hasSize(1);
    assertThat(delegatesInA()).hasSize(1);
    federation.primary.client().pods().inNamespace("default").withName("crashes").delete();
    eventually("nothing is left", () -> federation.delegates().isEmpty());
  }

  private static List<Pod> delegatesInA() {
    return Federation.delegatesIn(federation.a.client());
  }
}
