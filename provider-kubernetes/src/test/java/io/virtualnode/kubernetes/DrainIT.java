package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.LIMIT;
import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.delegatesIn;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.free;
import static io.virtualnode.kubernetes.Federation.pod;
import static io.virtualnode.kubernetes.Federation.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.virtualnode.kubernetes.cli.VnodeRun;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.FaultSettings;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each member has 4 cores on one node. */
@DisplayName("a member that goes")
class DrainIT {

  private static Federation federation;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(4), NodeShape.cores(4));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void begins_with_both() {
    federation.awaitTruth("the test's begin");
  }

  @AfterEach
  void clear() {
    vnode("drain", "a", "--undo");
    reload(settings(federation.a), settings(federation.b));
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName(
      "is drained: nothing new goes there, the command ends with 0 when what runs has ended; a restart changes nothing, undo does")
  void drained() {
    runInA(pod("runs", "1", Map.of(Simulation.RUN_FOR, "15s")));
    var drain = CompletableFuture.supplyAsync(() -> vnode("drain", "a"));
    federation.awaitOffer("a member is drained", LIMIT, () -> free(federation.b));
    federation.submit(pod("later", "1", Map.of()));
    federation.awaitPhase("later", "Running");
    assertThat(delegatesIn(federation.b.client())).hasSize(1);
    federation.restartNode();
    federation.awaitOffer("a restart while it is drained", LIMIT, () -> free(federation.b));
    federation.primary.client().nodes().withName(Federation.NODE).delete();
    eventually("the Node is there again", () -> isMarked("a"));
    federation.awaitOffer("a Node that was deleted", LIMIT, () -> free(federation.b));
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(drain).isNotDone();

    var result = drain.orTimeout(60, TimeUnit.SECONDS).join();
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Succeeded");
    assertThat(federation.delegate("runs")).as("kept until its proxy goes").isNotNull();
    assertThat(result.out().lines())
        .startsWith("member a is marked: it gets nothing new")
        .contains("member a: 1 running, 0 pending, 0 ending")
        .endsWith("member a is empty");
    assertThat(result.exitCode()).isZero();

    assertThat(vnode("drain", "a", "--undo").out()).isEqualTo("member a is no longer marked\n");
    federation.awaitTruth("the drain is undone");
    assertThat(federation.offered().get("cpu")).isEqualTo(7000);
  }

  @Test
  @DisplayName(
      "is drained now: its Jobs' pods come again in the other one, as their disruption budgets allow")
  void drained_now() {
    runInA(pod("alone", "1", Map.of(Simulation.RUN_FOR, "25s")));
    reload(settings(federation.a));
    federation.awaitOffer("only one member is configured", LIMIT, () -> free(federation.a));
    submitJob("job");
    eventually("the Job's pod runs", () -> isRunning(podsOf("job")));
    reload(settings(federation.a), settings(federation.b));
    var first = podsOf("job").get(0).getMetadata().getUid();
    var budget =
        new PodDisruptionBudgetBuilder()
            .withNewMetadata()
            .withName("budget")
            .withNamespace(NAMESPACE)
            .endMetadata()
            .withNewSpec()
            .withMinAvailable(new IntOrString(1))
            .withNewSelector()
            .addToMatchLabels("job-name", "job")
            .endSelector()
            .endSpec()
            .build();
    var stored = federation.primary.client().resource(budget).create();
    eventually(
        "the budget is known",
        () ->
            Integer.valueOf(1)
                .equals(
                    federation.primary.client().resource(stored).get().getStatus() == null
                        ? null
                        : federation
                            .primary
                            .client()
                            .resource(stored)
                            .get()
                            .getStatus()
                            .getCurrentHealthy()));

    var refused = vnode("drain", "a", "--now", "--timeout", "4s");
    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.out().lines())
        .anyMatch(
            line ->
                line.startsWith("not evicted: default/job-") && line.contains("disruption budget"))
        .anyMatch(line -> line.startsWith("not evicted: default/alone: it has no controller"))
        .endsWith("member a is not empty after 4 s");
    assertThat(podsOf("job").get(0).getMetadata().getUid()).isEqualTo(first);

    federation.primary.client().resource(stored).delete();
    var result = vnode("drain", "a", "--now", "--timeout", "60s");
    assertThat(result.out().lines()).endsWith("member a is empty");
    assertThat(result.exitCode()).isZero();
    federation.awaitPhase("alone", "Succeeded");
    eventually("the Job's pod runs again", () -> isRunning(podsOf("job")));
    var second = podsOf("job").get(0).getMetadata().getUid();
    assertThat(second).isNotEqualTo(first);
    assertThat(delegatesIn(federation.b.client()))
        .extracting(delegate -> delegate.getMetadata().getLabels().get("virtualnode.io/proxy-uid"))
        .containsExactly(second);
  }

  @Test
  @DisplayName("is drained by the configuration while it runs; what has no node there yet moves")
  void configured() {
    runInA(pod("runs", "1", Map.of()));
    var delegate = federation.delegate("runs").getMetadata().getUid();
    reload(settings(federation.a));
    federation.awaitOffer("only one member is configured", LIMIT, () -> free(federation.a));
    federation.a.client().resource(withPort(Federation.localPod("local", "1"))).create();
    federation.awaitOffer("a port of a node is taken", LIMIT, () -> free(federation.a));
    federation.submit(withPort(pod("waits", "1", Map.of())));
    eventually("its delegate finds no node", () -> isRefused(federation.delegate("waits")));
    assertThat(delegatesIn(federation.a.client())).hasSize(2);

    reload(settings(federation.a).withDrain(true), settings(federation.b));
    await("it moves long before it would be taken back anyway")
        .atMost(Duration.ofSeconds(12))
        .until(() -> "Running".equals(federation.proxy("waits").getStatus().getPhase()));
    assertThat(delegatesIn(federation.b.client())).hasSize(1);
    federation.awaitOffer("it is drained", LIMIT, () -> free(federation.b));
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(vnode("drain", "a", "--undo").out()).startsWith("member a was not marked");
    reload(settings(federation.a), settings(federation.b));
    federation.awaitTruth("it is not drained any more");
  }

  @Test
  @DisplayName(
      "is missing from the configuration after a restart: its pods keep their phase, which is said to be unknown, and are never failed nor created elsewhere")
  void not_configured() {
    runInA(pod("runs", "1", Map.of()));
    eventually("it is ready", () -> "True".equals(ready("runs").getStatus()));
    var delegate = federation.delegate("runs").getMetadata().getUid();
    federation.restartNode(
        configuration ->
            configuration
                .withMembers(List.of(settings(federation.b)))
                .withFaults(
                    FaultSettings.DEFAULT
                        .withUnknownAfter(Duration.ofMillis(100))
                        .withFailAfter(Optional.of(Duration.ofSeconds(1)))));
    try {
      eventually("nobody knows", () -> "Unknown".equals(ready("runs").getStatus()));
      assertThat(ready("runs").getReason()).isEqualTo("MemberNotConfigured");
      assertThat(ready("runs").getMessage()).startsWith("member a, cluster ");
      assertThat(VnodeRun.command("check", "--config", file("b").toString()).out().lines())
          .anyMatch(
              line ->
                  line.startsWith("remark: 1 pods have their delegates in member a, which is not")
                      && line.contains("vnode drain a"));
      await("it stays so")
          .during(Duration.ofSeconds(3))
          .until(() -> "Running".equals(federation.proxy("runs").getStatus().getPhase()));
      assertThat(delegatesIn(federation.b.client())).isEmpty();
    } finally {
      federation.restartNode(configuration -> configuration);
    }
    eventually("it is ready again", () -> "True".equals(ready("runs").getStatus()));
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    federation.awaitTruth("it is configured again");
  }

  @Test
  @DisplayName(
      "is only called otherwise: its pods are its own under the new name, after a restart and at run time")
  void renamed() {
    runInA(pod("runs", "1", Map.of()));
    runInA(pod("ends", "1", Map.of(Simulation.RUN_FOR, "25s")));
    runInA(pod("lost", "1", Map.of()));
    var delegate = federation.delegate("runs").getMetadata().getUid();
    federation.stopNode();
    federation.a.client().resource(federation.delegate("lost")).withGracePeriod(0).delete();
    federation.restartNode(
        configuration -> configuration.withMembers(List.of(named("c"), settings(federation.b))));
    federation.awaitPhase("lost", "Failed");
    assertThat(federation.proxy("lost").getStatus().getReason()).isEqualTo("DelegateLost");
    federation.awaitTruth("a restart under another name");
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(ready("runs").getStatus()).isEqualTo("True");

    federation.restartNode(configuration -> configuration);
    federation.awaitTruth("a restart under the first name");
    reload(named("d"), settings(federation.b));
    federation.awaitTruth("another name at run time");
    federation.awaitPhase("ends", "Succeeded");
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    federation.primary.client().pods().inNamespace(NAMESPACE).withName("runs").delete();
    eventually("it has gone", () -> federation.proxy("runs") == null);
    federation.primary.client().pods().inNamespace(NAMESPACE).withName("ends").delete();
    federation.primary.client().pods().inNamespace(NAMESPACE).withName("lost").delete();
    eventually("no delegate is left", () -> federation.delegates().isEmpty());
    federation.awaitTruth("its pods have gone");
    assertThat(federation.allocatable().get("cpu")).isEqualTo(8000);
  }

  @Test
  @DisplayName("has two names at once: the second one offers nothing, until the first one goes")
  void two_names() {
    runInA(pod("runs", "1", Map.of()));
    reload(settings(federation.a), named("again"), settings(federation.b));
    await("no core is counted twice")
        .during(Duration.ofSeconds(3))
        .atMost(LIMIT)
        .until(() -> federation.offered().get("cpu") == 7000);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    reload(named("again"), settings(federation.b));
    await("the second name has taken the place of the first")
        .during(Duration.ofSeconds(1)) // what was true before is true at first
        .atMost(LIMIT)
        .until(
            () ->
                federation.allocatable().get("cpu") == 8000
                    && federation.offered().get("cpu") == 7000);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(federation.delegates()).hasSize(1);
  }

  // --- what tests are made of

  private static boolean isMarked(String member) {
    var node = federation.primary.client().nodes().withName(Federation.NODE).get();
    return node != null
        && member.equals(node.getMetadata().getAnnotations().get("virtualnode.io/drain"));
  }

  private static MemberSettings named(String name) {
    return MemberSettings.named(name, ClusterAccess.of(federation.a.kubeconfig()));
  }

  private static void reload(MemberSettings... members) {
    federation.node().reload(federation.configuration(members));
  }

  /** Whichever member placement would prefer at this moment. */
  private static void runInA(Pod pod) {
    reload(settings(federation.a));
    federation.awaitOffer("only one member is configured", LIMIT, () -> free(federation.a));
    federation.submit(pod);
    federation.awaitPhase(pod.getMetadata().getName(), "Running");
    reload(settings(federation.a), settings(federation.b));
    federation.awaitTruth("both members are configured");
  }

  /** A port of its node, of which there is one on each. */
  private static Pod withPort(Pod pod) {
    var port = new ContainerPortBuilder().withContainerPort(8080).withHostPort(8080).build();
    pod.getSpec().getContainers().get(0).setPorts(List.of(port));
    return pod;
  }

  private static boolean isRefused(Pod delegate) {
    return delegate != null
        && delegate.getStatus().getConditions().stream()
            .anyMatch(condition -> "Unschedulable".equals(condition.getReason()));
  }

  private VnodeRun vnode(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--config", file("a", "b").toString()));
    return VnodeRun.command(all.toArray(String[]::new));
  }

  private Path file(String... members) {
    var text = new StringBuilder("node: {name: vnode}\n");
    text.append("primary: {kubeconfig: ").append(federation.primary.kubeconfig()).append("}\n");
    text.append("members:\n");
    for (var name : members) {
      LocalCluster member = name.equals("a") ? federation.a : federation.b;
      text.append("- {name: ").append(name);
      text.append(", kubeconfig: ").append(member.kubeconfig()).append("}\n");
    }
    try {
      return Files.writeString(folder.resolve(String.join("-", members) + ".yaml"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void submitJob(String name) {
    var pod = pod("unused", "1", Map.of());
    var job =
        new JobBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(NAMESPACE)
            .endMetadata()
            .withNewSpec()
            .withNewTemplate()
            .withSpec(pod.getSpec())
            .endTemplate()
            .endSpec()
            .build();
    federation.primary.client().resource(job).create();
  }

  private static List<Pod> podsOf(String job) {
    return federation
        .primary
        .client()
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("job-name", job)
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(pod -> !"Failed".equals(pod.getStatus().getPhase()))
        .toList();
  }

  private static boolean isRunning(List<Pod> pods) {
    return pods.size() == 1 && "Running".equals(pods.get(0).getStatus().getPhase());
  }

  private static PodCondition ready(String name) {
    return federation.proxy(name).getStatus().getConditions().stream()
        .filter(condition -> "Ready".equals(condition.getType()))
        .findFirst()
        .orElseGet(PodCondition::new);
  }
}
