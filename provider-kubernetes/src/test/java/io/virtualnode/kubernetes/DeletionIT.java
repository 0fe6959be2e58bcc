package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.delegate.Intent;
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

@DisplayName("deleting")
class DeletionIT {

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(4), NodeShape.cores(2));
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
  @DisplayName(
      "a pod gives its containers their grace, and the pod goes as soon as they have ended")
  void keeps_the_grace() {
    run("graceful", Map.of(Simulation.STOP_DELAY, "2s"));
    long asked = System.nanoTime();
    proxy("graceful").withGracePeriod(40).delete();
    eventually("the delegate ends", () -> federation.delegate("graceful").isMarkedForDeletion());
    var delegate = federation.delegate("graceful").getMetadata();
    assertThat(delegate.getDeletionGracePeriodSeconds()).isBetween(39L, 40L);
    eventually(
        "the delegate has gone",
        () -> {
          var proxy = federation.proxy("graceful");
          boolean gone = federation.delegates().isEmpty();
          // Read in this order: while the delegate is there, so is the proxy.
          assertThat(gone || proxy != null).as("the proxy while its delegate ends").isTrue();
          return gone;
        });
    assertThat(since(asked)).isGreaterThan(Duration.ofSeconds(2));
    eventually("the proxy has gone", () -> federation.proxy("graceful") == null);
    assertThat(since(asked)).isLessThan(Duration.ofSeconds(10));
    federation.awaitTruth("a pod was deleted");
  }

  @Test
  @DisplayName("a pod with grace 0 leaves nothing in a member")
  void with_grace_0() {
    run("forced", Map.of(Simulation.STOP_DELAY, "500ms"));
    proxy("forced").withGracePeriod(0).delete();
    assertThat(federation.proxy("forced")).isNull();
    awaitNothingLeft();
    federation.awaitTruth("a pod was deleted with grace 0");
  }

  @Test
  @DisplayName("a pod that was just bound leaves nothing in a member, whatever was under way")
  void at_once() {
    for (int i = 0; i < 20; i++) {
      var name = "brief-" + i;
      federation.submit(pod(name, "100m", Map.of()));
      if (i % 2 == 0) {
        eventually("bound", () -> federation.proxy(name).getSpec().getNodeName() != null);
      }
      proxy(name).withGracePeriod(i % 3 == 0 ? 0 : 5).delete();
    }
    eventually("no proxy is left", () -> proxies().isEmpty());
    awaitNothingLeft();
    federation.awaitTruth("twenty pods came and went");
  }

  @Test
  @DisplayName("a job with background propagation takes the delegates of all its pods")
  void a_job() {
    federation.primary.client().resource(job()).create();
    eventually("four delegates run", () -> running() == 4);
    federation
        .primary
        .client()
        .batch()
        .v1()
        .jobs()
        .inNamespace("default")
        .withName("many")
        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
        .delete();
    eventually("no pod is left in the primary", () -> proxies().isEmpty());
    awaitNothingLeft();
    federation.awaitTruth("a job was deleted");
  }

  @Test
  @DisplayName("a namespace takes the delegates of its pods, and ends")
  void a_namespace() {
    for (var cluster : List.of(federation.primary, federation.a, federation.b)) {
      cluster.createNamespace("team");
    }
    var inTeam = pod("in-team", "1", Map.of(Simulation.STOP_DELAY, "500ms"));
    inTeam.getMetadata().setNamespace("team");
    federation.submit(inTeam);
    eventually("the delegate runs", () -> running() == 1);
    assertThat(federation.delegates().get(0).getMetadata().getNamespace()).isEqualTo("team");
    federation.primary.client().namespaces().withName("team").delete();
    awaitNothingLeft();
    eventually(
        "the namespace has gone",
        () -> federation.primary.client().namespaces().withName("team").get() == null);
    assertThat(federation.a.client().namespaces().withName("team").get()).isNotNull();
  }

  @Test
  @DisplayName("a finished pod, and nothing else, removes its finished delegate")
  void a_finished_pod() {
    federation.submit(pod("done", "1", Map.of(Simulation.RUN_FOR, "100ms")));
    federation.submit(pod("other", "1", Map.of(Simulation.RUN_FOR, "100ms")));
    federation.awaitPhase("done", "Succeeded");
    federation.awaitPhase("other", "Succeeded");
    federation.awaitTruth("two pods have ended");
    assertThat(federation.delegates()).hasSize(2);
    proxy("done").delete();
    eventually("its delegate has gone", () -> federation.delegate("done") == null);
    eventually("it has gone", () -> federation.proxy("done") == null);
    assertThat(federation.delegate("other")).isNotNull();
    assertThat(federation.proxy("other").getStatus().getPhase()).isEqualTo("Succeeded");
  }

  @Test
  @DisplayName("a delegate in its member ends the proxy as the member says that it ended")
  void a_delegate() {
    run("robbed", Map.of(Simulation.STOP_DELAY, "1s"));
    delegateOf("robbed").delete();
    eventually("it ends", () -> federation.delegate("robbed").isMarkedForDeletion());
    assertThat(federation.proxy("robbed").getStatus().getPhase()).isEqualTo("Running");
    federation.awaitPhase("robbed", "Failed");
    var end = federation.proxy("robbed").getStatus().getContainerStatuses().get(0).getState();
    assertThat(end.getTerminated().getExitCode()).isEqualTo(143);
    federation.awaitTruth("a delegate was deleted in its member");
    proxy("robbed").delete();
    eventually("it has gone", () -> federation.proxy("robbed") == null);
  }

  @Test
  @DisplayName("a delegate by force in its member fails the proxy with a reason")
  void a_delegate_by_force() {
    run("robbed", Map.of());
    delegateOf("robbed").withGracePeriod(0).delete();
    federation.awaitPhase("robbed", "Failed");
    assertThat(federation.delegate("robbed")).as("a second delegate").isNull();
    var status = federation.proxy("robbed").getStatus();
    assertThat(status.getReason()).isEqualTo("DelegateLost");
    assertThat(status.getMessage()).contains("deleted in the member");
    federation.awaitTruth("a delegate was deleted by force");
    proxy("robbed").delete();
    eventually("it has gone", () -> federation.proxy("robbed") == null);
  }

  @Test
  @DisplayName("never touches a pod of a member's own that has the delegate's name")
  void a_foreign_pod_of_the_name() {
    var gated = pod("namesake", "1", Map.of());
    gated.getSpec().setSchedulingGates(List.of(new PodSchedulingGate("test/later")));
    var proxy = federation.submit(gated);
    var name = new Intent("any", "any", 0, "any").delegateName(PodKey.of(proxy));
    var foreign =
        List.of(federation.a, federation.b).stream()
            .map(member -> member.client().resource(localPod(name, "100m")).create())
            .map(pod -> pod.getMetadata().getUid())
            .toList();
    federation.awaitTruth("two local pods came");
    proxy("namesake")
        .edit(
            pod -> {
              pod.getSpec().setSchedulingGates(List.of());
              return pod;
            });
    eventually(
        "the proxy says why it waits",
        () -> "MemberRefused".equals(federation.proxy("namesake").getStatus().getReason()));
    assertThat(federation.proxy("namesake").getStatus().getPhase()).isEqualTo("Pending");
    assertThat(federation.proxy("namesake").getStatus().getMessage()).contains(name, "not ours");
    proxy("namesake").delete();
    eventually("the proxy has gone", () -> federation.proxy("namesake") == null);
    federation.awaitTruth("a proxy with a namesake has gone");
    for (var member : List.of(federation.a, federation.b)) {
      var pod = member.client().pods().inNamespace("default").withName(name).get();
      assertThat(pod.getMetadata().getUid()).isIn(foreign);
      assertThat(pod.isMarkedForDeletion()).isFalse();
    }
  }

  private static void run(String name, Map<String, String> life) {
    federation.submit(pod(name, "1", life));
    federation.awaitPhase(name, "Running");
  }

  private static io.fabric8.kubernetes.api.model.batch.v1.Job job() {
    var template =
        pod("unnamed", "1", Map.of(Simulation.STOP_DELAY, "300ms", Simulation.RUN_FOR, "10m"));
    return new JobBuilder()
        .withNewMetadata()
        .withName("many")
        .withNamespace("default")
        .endMetadata()
        .withNewSpec()
        .withParallelism(4)
        .withCompletions(8)
        .withNewTemplate()
        .withNewMetadata()
        .withAnnotations(template.getMetadata().getAnnotations())
        .endMetadata()
        .withSpec(template.getSpec())
        .endTemplate()
        .endSpec()
        .build();
  }

  private static PodResource proxy(String name) {
    return federation.primary.client().pods().inNamespace("default").withName(name);
  }

  private static List<Pod> proxies() {
    return federation.primary.client().pods().inNamespace("default").list().getItems();
  }

  private static long running() {
    return federation.delegates().stream()
        .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
        .count();
  }

  private static PodResource delegateOf(String name) {
    var delegate = federation.delegate(name).getMetadata().getName();
    return List.of(federation.a, federation.b).stream()
        .map(member -> member.client().pods().inNamespace("default").withName(delegate))
        .filter(pod -> pod.get() != null)
        .findFirst()
        .orElseThrow();
  }

  private static void awaitNothingLeft() {
    eventually("nothing is left in any member", () -> federation.delegates().isEmpty());
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
