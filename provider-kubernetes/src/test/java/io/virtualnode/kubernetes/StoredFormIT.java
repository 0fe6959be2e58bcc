package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Upgrade and rollback across stored forms (docs/exactly-once.md). What other versions leave behind
 * is written here word for word, while no process runs.
 */
@DisplayName("what is stored in the clusters")
class StoredFormIT {

  private static final String CONDITION = "virtualnode.io/Delegate";

  private static Federation federation;

  private Witness a;
  private Witness b;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(8));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void stopNode() {
    federation.stopNode();
    a = new Witness(federation.a.client());
    b = new Witness(federation.b.client());
  }

  @AfterEach
  void clear() {
    a.close();
    b.close();
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("v1, with a delegate that runs or has ended, is taken over: one run, its true end")
  void v1() {
    var runs = proxyWith("runs", "v1 member=a node=a-1 cluster=%s attempt=0");
    var running = delegateOf(runs, Map.of());
    var ended = proxyWith("ended", "v1 member=a node=a-1 cluster=%s attempt=0");
    var end = delegateOf(ended, Map.of(Simulation.RUN_FOR, "1s", Simulation.EXIT_CODE, "64"));
    eventually("one runs", () -> "Running".equals(now(running).getStatus().getPhase()));
    eventually("one has ended", () -> "Failed".equals(now(end).getStatus().getPhase()));

    federation.startNextNode();
    federation.awaitPhase("runs", "Running");
    federation.awaitPhase("ended", "Failed");
    Federation.assertSameRun(federation.proxy("ended").getStatus(), now(end).getStatus());
    assertThat(stored("runs")).as("its form is left as it is").startsWith("v1 ");
    Federation.annotate(federation.a, running, Simulation.RUN_FOR, "1s");
    federation.awaitPhase("runs", "Succeeded");
    assertThat(runs()).as("runs").isEqualTo(2);
    assertThat(uids())
        .containsExactlyInAnyOrder(running.getMetadata().getUid(), end.getMetadata().getUid());
    federation.awaitTruth("what v1 left was taken over");
    deleteProxies("runs", "ended");
  }

  @Test
  @DisplayName("v1, with a tombstone, moves on and runs once; the tombstone goes with the proxy")
  void v1Tombstone() {
    var moves =
        proxyWith(
            "moves", Map.of(Simulation.RUN_FOR, "1s"), "v1 member=a node=a-1 cluster=%s attempt=0");
    var tombstone =
        new PodBuilder(marked(moves, Map.of()))
            .editMetadata()
            .addToLabels("virtualnode.io/tombstone", "true")
            .endMetadata()
            .editSpec()
            .addNewSchedulingGate("virtualnode.io/tombstone")
            .endSpec()
            .build();
    var uid = federation.a.client().resource(tombstone).create().getMetadata().getUid();

    federation.startNextNode();
    federation.awaitPhase("moves", "Succeeded");
    assertThat(stored("moves")).startsWith("v2 ").contains(" attempt=1 ");
    assertThat(runs()).as("runs").isEqualTo(1);
    assertThat(uids()).hasSize(2).contains(uid);
    deleteProxies("moves");
  }

  @Test
  @DisplayName("v1, with neither, is told as lost: a late request of that version may have run it")
  void v1Alone() {
    proxyWith("alone", "v1 member=a node=a-1 cluster=%s attempt=0");
    federation.startNextNode();
    federation.awaitPhase("alone", "Failed");
    assertThat(federation.proxy("alone").getStatus().getReason()).isEqualTo("DelegateLost");
    assertThat(runs()).as("runs").isZero();
    assertThat(uids()).isEmpty();
  }

  @Test
  @DisplayName(
      "a form of a later version is left alone after a rollback, and says so; a version that knows it goes on")
  void later() {
    var gated = proxyWith("gated", "v3 ring=2 of=%s");
    var delegate =
        federation
            .a
            .client()
            .resource(
                new PodBuilder(marked(gated, Map.of()))
                    .editSpec()
                    .addNewSchedulingGate("virtualnode.io/start")
                    .endSpec()
                    .build())
            .create();
    var runs = proxyWith("runs", "v3 ring=2 of=%s");
    var running = delegateOf(runs, Map.of());
    proxyWith("elsewhere", "v3 ring=2 of=%s");
    proxyWith("leaves", "v3 ring=2 of=%s");
    eventually("one runs", () -> "Running".equals(now(running).getStatus().getPhase()));
    var before = uids();

    federation.startNextNode();
    federation.awaitPhase("runs", "Running");
    federation.primary.client().pods().inNamespace(NAMESPACE).withName("leaves").delete();
    eventually("it says so", () -> Stream.of("gated", "elsewhere").allMatch(this::saysSo));
    awaitEvent("gated");
    awaitEvent("elsewhere");
    await("nothing is created, started or deleted")
        .during(Duration.ofSeconds(5))
        .atMost(Duration.ofSeconds(8))
        .until(
            () ->
                uids().equals(before)
                    && federation.proxy("leaves") != null
                    && now(delegate).getSpec().getSchedulingGates().size() == 1);
    assertThat(List.of("gated", "runs", "elsewhere", "leaves"))
        .allSatisfy(name -> assertThat(stored(name)).startsWith("v3 ring=2 of="));
    assertThat(a.deletions() + b.deletions()).isZero();

    // The later version is there again: this one, for what it knows.
    federation.stopNode();
    store("gated", "v2 member=a node=a-1 cluster=%s attempt=0 delegate=" + uid(delegate));
    store("runs", "v2 member=a node=a-1 cluster=%s attempt=0 delegate=" + uid(running));
    store("leaves", "v2 member=a node=a-1 cluster=%s attempt=0 delegate=gone");
    federation.startNextNode();
    federation.awaitPhase("gated", "Running");
    assertThat(federation.proxy("gated").getStatus().getReason()).isNull();
    eventually("what was deleted goes", () -> federation.proxy("leaves") == null);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(uids()).isEqualTo(before);
    assertThat(runs()).as("runs").isEqualTo(2);
  }

  private boolean saysSo(String name) {
    var status = federation.proxy(name).getStatus();
    return "Pending".equals(status.getPhase())
        && "IntentUnreadable".equals(status.getReason())
        && status.getMessage().contains("another version wrote it");
  }

  private static void awaitEvent(String name) {
    eventually(
        "an event says so",
        () ->
            federation
                .primary
                .client()
                .v1()
                .events()
                .inNamespace(NAMESPACE)
                .list()
                .getItems()
                .stream()
                .filter(event -> name.equals(event.getInvolvedObject().getName()))
                .anyMatch(event -> "IntentUnreadable".equals(event.getReason())));
  }

  /** A proxy on the virtual node with that intent; {@code %s} is member a's cluster. */
  private static Pod proxyWith(String name, String intent) {
    return proxyWith(name, Map.of(), intent);
  }

  private static Pod proxyWith(String name, Map<String, String> life, String intent) {
    federation.submit(
        new PodBuilder(pod(name, "1", life))
            .editSpec()
            .withNodeName(Federation.NODE)
            .endSpec()
            .build());
    return store(name, intent);
  }

  private static Pod store(String name, String intent) {
    var cluster = system(federation.a);
    var condition =
        new PodConditionBuilder()
            .withType(CONDITION)
            .withStatus("True")
            .withReason("Assigned")
            .withMessage(intent.formatted(cluster))
            .build();
    return federation
        .primary
        .client()
        .pods()
        .inNamespace(NAMESPACE)
        .withName(name)
        .editStatus(
            pod ->
                new PodBuilder(pod)
                    .editStatus()
                    .removeMatchingFromConditions(c -> CONDITION.equals(c.getType()))
                    .addToConditions(condition)
                    .endStatus()
                    .build());
  }

  /** What stands in member a for the first attempt of a proxy, as every version has marked it. */
  private static Pod marked(Pod proxy, Map<String, String> life) {
    var key = PodKey.of(proxy);
    var plain = pod(new Intent("a", "any", 0, "any").delegateName(key), "1", life);
    plain.getSpec().setTolerations(List.of());
    return new PodBuilder(plain)
        .editMetadata()
        .addToLabels("virtualnode.io/primary", system(federation.primary))
        .addToLabels("virtualnode.io/node", Federation.NODE)
        .addToLabels("virtualnode.io/proxy-uid", key.uid())
        .addToAnnotations("virtualnode.io/proxy", NAMESPACE + "/" + key.name())
        .endMetadata()
        .build();
  }

  /** A delegate as version 1 created it: without a gate. */
  private static Pod delegateOf(Pod proxy, Map<String, String> life) {
    return federation.a.client().resource(marked(proxy, life)).create();
  }

  private static void deleteProxies(String... names) {
    for (var name : names) {
      federation.primary.client().pods().inNamespace(NAMESPACE).withName(name).delete();
    }
    eventually("nothing is left", () -> federation.delegates().isEmpty());
  }

  private static String system(LocalCluster cluster) {
    return cluster.client().namespaces().withName("kube-system").get().getMetadata().getUid();
  }

  private static String stored(String name) {
    return federation.proxy(name).getStatus().getConditions().stream()
        .filter(condition -> CONDITION.equals(condition.getType()))
        .findFirst()
        .orElseThrow()
        .getMessage();
  }

  private static Pod now(Pod pod) {
    return Objects.requireNonNull(federation.a.client().resource(pod).get());
  }

  private static String uid(Pod pod) {
    return pod.getMetadata().getUid();
  }

  private static List<String> uids() {
    return federation.delegates().stream().map(StoredFormIT::uid).sorted().toList();
  }

  /** How many pods of both members ever ran. */
  private int runs() {
    return a.runs().size() + b.runs().size();
  }
}
