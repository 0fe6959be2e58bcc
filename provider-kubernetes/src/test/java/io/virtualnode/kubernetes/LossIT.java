package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.config.FaultSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.node.NodeException;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What becomes of pods when a cluster is lost, or its memory. Each member has 16 cores. */
@DisplayName("when something is lost")
class LossIT {

  private static final Duration UNKNOWN_AFTER = Duration.ofSeconds(2);

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a").nodes(1, NodeShape.cores(16)),
                LocalCluster.builder("b").nodes(1, NodeShape.cores(16))),
            UnaryOperator.identity());
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
  @DisplayName("member unreachable: its pods keep their phase, and their readiness is unknown")
  void unreachable() {
    restart(FaultSettings.DEFAULT.withUnknownAfter(UNKNOWN_AFTER));
    federation.submit(pod("runs", "16", Map.of()));
    federation.submit(pod("ends", "16", Map.of(Simulation.RUN_FOR, "8s")));
    federation.awaitPhase("runs", "Running");
    federation.awaitPhase("ends", "Running");
    var lost = federation.delegateMember("runs");
    eventually("it is ready", () -> "True".equals(ready("runs").getStatus()));
    lost.freezeApiServer();
    try {
      eventually("its readiness is unknown", () -> "Unknown".equals(ready("runs").getStatus()));
      assertThat(ready("runs").getReason()).isEqualTo("MemberUnreachable");
      assertThat(ready("runs").getMessage()).contains(lost.name());
      assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
      federation.awaitPhase("ends", "Succeeded"); // the other member goes on
    } finally {
      lost.thawApiServer();
    }
    eventually("it is ready again", () -> "True".equals(ready("runs").getStatus()));
    assertThat(ready("runs").getReason()).isNotEqualTo("MemberUnreachable");
    assertThat(federation.delegate("runs")).isNotNull();
  }

  @Test
  @DisplayName(
      "member unreachable for failAfter: its pods are failed; member back: what was failed is removed there")
  void failed() {
    restart(
        FaultSettings.DEFAULT
            .withUnknownAfter(Duration.ofSeconds(1))
            .withFailAfter(Optional.of(UNKNOWN_AFTER)));
    federation.submit(pod("lost", "1", Map.of()));
    federation.awaitPhase("lost", "Running");
    var member = federation.delegateMember("lost");
    member.freezeApiServer();
    try {
      federation.awaitPhase("lost", "Failed");
      assertThat(federation.proxy("lost").getStatus().getReason()).isEqualTo("MemberLost");
    } finally {
      member.thawApiServer();
    }
    eventually("the delegate is removed", () -> federation.delegate("lost") == null);
    assertThat(federation.proxy("lost").getStatus().getPhase()).isEqualTo("Failed");
    assertThat(federation.proxy("lost").getStatus().getReason()).isEqualTo("MemberLost");
  }

  @Test
  @DisplayName(
      "primary restored from a backup: no mass removal; the process notices, and the next one raises an alarm")
  void restored() {
    restart(FaultSettings.DEFAULT);
    var backup = federation.primary.backUp();
    var names = new ArrayList<String>();
    for (int i = 0; i < 12; i++) {
      names.add("job" + i);
      federation.submit(pod("job" + i, "1", Map.of()));
    }
    names.forEach(name -> federation.awaitPhase(name, "Running"));
    federation.submit(pod("over", "1", Map.of(Simulation.RUN_FOR, "1s")));
    federation.awaitPhase("over", "Succeeded");
    var delegates = uids();
    assertThat(delegates).hasSize(13);

    var process = federation.node();
    awaitRenewal("vnode");
    federation.primary.restore(backup);
    await("the process notices")
        .atMost(Federation.LIMIT)
        .until(() -> process.ended().toCompletableFuture().isCompletedExceptionally());
    assertThat(process.ended())
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(NodeException.class)
        .extracting(Throwable::getCause, InstanceOfAssertFactories.type(NodeException.class))
        .extracting(NodeException::reason)
        .isEqualTo(NodeException.Reason.PRIMARY_RESTORED);
    assertThat(uids()).as("none is removed by it").isEqualTo(delegates);

    federation.restartNode();
    eventually("the alarm is raised", () -> "True".equals(orphansHeld().getStatus()));
    assertThat(orphansHeld().getMessage()).startsWith("13 delegates");
    await("none is removed")
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(5))
        .until(() -> uids().equals(delegates));

    federation
        .node()
        .reload(
            federation.configuration().withFaults(FaultSettings.DEFAULT.withOrphanPercent(100)));
    await("the operator has them removed")
        .atMost(Duration.ofSeconds(60))
        .until(() -> federation.delegates().isEmpty());
    eventually("the alarm ends", () -> "False".equals(orphansHeld().getStatus()));
  }

  @Test
  @DisplayName("primary restored from a backup: a process with several virtual nodes notices, too")
  void restoredWithSeveral() {
    federation.restartNode(
        configuration ->
            configuration.withNode(configuration.node().withTopology(Topology.PER_MEMBER)));
    var process = federation.node();
    var backup = federation.primary.backUp();
    for (int i = 0; i < 5; i++) {
      federation.submit(pod("since" + i, "1", Map.of()));
      federation.awaitPhase("since" + i, "Running");
    }
    awaitRenewal("vnode.a");
    federation.primary.restore(backup);
    await("the process notices")
        .atMost(Federation.LIMIT)
        .until(() -> process.ended().toCompletableFuture().isCompletedExceptionally());
    assertThat(federation.delegates()).hasSize(5);

    federation.restartNode(
        configuration ->
            configuration
                .withNode(configuration.node().withTopology(Topology.AGGREGATE))
                .withFaults(FaultSettings.DEFAULT.withOrphanPercent(100)));
    await("what has no proxy goes when the operator says so")
        .atMost(Duration.ofSeconds(60))
        .until(() -> federation.delegates().isEmpty());
  }

  @Test
  @DisplayName("proxy force-deleted: its delegate is found and removed")
  void forced() {
    restart(FaultSettings.DEFAULT);
    federation.submit(pod("forced", "1", Map.of()));
    federation.awaitPhase("forced", "Running");
    federation.stopNode();
    federation
        .primary
        .client()
        .pods()
        .inNamespace(NAMESPACE)
        .withName("forced")
        .withGracePeriod(0)
        .delete();
    federation.startNextNode();
    eventually("the delegate is removed", () -> federation.delegates().isEmpty());
    assertThat(orphansHeld().getStatus()).isEqualTo("False");
  }

  @Test
  @DisplayName("a controller of the member does not adopt a delegate that its selector matches")
  void notAdopted() {
    restart(FaultSettings.DEFAULT);
    var labelled =
        new PodBuilder(pod("labelled", "1", Map.of()))
            .editMetadata()
            .addToLabels("app", "web")
            .endMetadata()
            .build();
    federation.submit(labelled);
    federation.awaitPhase("labelled", "Running");
    var member = federation.delegateMember("labelled");
    var always = new PodSpecBuilder(labelled.getSpec()).withRestartPolicy("Always").build();
    var replicas =
        new ReplicaSetBuilder()
            .withNewMetadata()
            .withName("web")
            .withNamespace(NAMESPACE)
            .endMetadata()
            .withNewSpec()
            .withReplicas(0)
            .withNewSelector()
            .addToMatchLabels("app", "web")
            .endSelector()
            .withNewTemplate()
            .withNewMetadata()
            .addToLabels("app", "web")
            .endMetadata()
            .withSpec(always)
            .endTemplate()
            .endSpec()
            .build();
    member.client().resource(replicas).create();
    try {
      eventually(
          "the controller has looked",
          () -> {
            var now = member.client().resource(replicas).get();
            return now.getStatus().getObservedGeneration() != null;
          });
      await("the delegate runs on")
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(4))
          .until(() -> "Running".equals(federation.proxy("labelled").getStatus().getPhase()));
      assertThat(federation.delegate("labelled").getMetadata().getOwnerReferences())
          .singleElement()
          .satisfies(owner -> assertThat(owner.getKind()).isEqualTo("Namespace"));
    } finally {
      member.client().resource(replicas).delete();
    }
  }

  @Test
  @DisplayName(
      "a delegate that a late request creates where none is intended is never started and goes")
  void late() {
    restart(FaultSettings.DEFAULT);
    federation.submit(pod("moved", "1", Map.of()));
    federation.awaitPhase("moved", "Running");
    var there = federation.delegateMember("moved");
    var other = there == federation.a ? federation.b : federation.a;
    var proxy = federation.proxy("moved");
    var delegate = federation.delegate("moved");
    other
        .client()
        .resource(late(delegate, new Intent("x", "x", 7, "n"), PodKey.of(proxy)))
        .create();
    eventually("it goes", () -> Federation.delegatesIn(other.client()).isEmpty());
    assertThat(federation.delegate("moved").getMetadata().getUid())
        .isEqualTo(delegate.getMetadata().getUid());
    assertThat(federation.proxy("moved").getStatus().getPhase()).isEqualTo("Running");

    // The same after the proxy has gone.
    federation.primary.client().resource(proxy).delete();
    eventually("all is over", () -> federation.delegates().isEmpty());
    there
        .client()
        .resource(late(delegate, new Intent("x", "x", 0, "n"), PodKey.of(proxy)))
        .create();
    eventually("it goes, too", () -> federation.delegates().isEmpty());
  }

  /** What is not renewed between backup and restore cannot be seen to go back. */
  private static void awaitRenewal(String lease) {
    var before = version(lease);
    eventually("lease " + lease + " is renewed", () -> !version(lease).equals(before));
  }

  private static String version(String lease) {
    return federation
        .primary
        .client()
        .leases()
        .inNamespace("kube-node-lease")
        .withName(lease)
        .require()
        .getMetadata()
        .getResourceVersion();
  }

  /** The delegate as a request would create it that names another attempt. */
  private static Pod late(Pod delegate, Intent intent, PodKey proxy) {
    return new PodBuilder(delegate)
        .editMetadata()
        .withName(intent.delegateName(proxy))
        .withUid(null)
        .withResourceVersion(null)
        .withOwnerReferences(List.of())
        .endMetadata()
        .editSpec()
        .withNodeName(null)
        .addNewSchedulingGate("virtualnode.io/start")
        .endSpec()
        .withStatus(null)
        .build();
  }

  private static void restart(FaultSettings faults) {
    federation.restartNode(configuration -> configuration.withFaults(faults));
  }

  private static PodCondition ready(String name) {
    return federation.proxy(name).getStatus().getConditions().stream()
        .filter(condition -> "Ready".equals(condition.getType()))
        .findFirst()
        .orElseGet(PodCondition::new);
  }

  private static NodeCondition orphansHeld() {
    return federation
        .primary
        .client()
        .nodes()
        .withName(Federation.NODE)
        .get()
        .getStatus()
        .getConditions()
        .stream()
        .filter(condition -> "virtualnode.io/OrphansHeld".equals(condition.getType()))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> uids() {
    return federation.delegates().stream()
        .map(delegate -> delegate.getMetadata().getUid())
        .sorted()
        .toList();
  }
}
