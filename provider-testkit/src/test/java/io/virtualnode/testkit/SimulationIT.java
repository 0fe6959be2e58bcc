package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@TestInstance(Lifecycle.PER_CLASS)
class SimulationIT {

  private final LocalCluster cluster =
      LocalCluster.builder("simulation").nodes(2, NodeShape.of(16, "64Gi")).start();
  private final KubernetesClient client = cluster.client();

  @BeforeAll
  void started() {
    assertThat(client.nodes().list().getItems()).hasSize(2);
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  @Test
  @DisplayName("a Job completes after the time it asks for, and every container says Completed")
  void jobCompletes() {
    Job job = create(Workload.named("complete").runningFor(Duration.ofMillis(2500)));
    Pod running = awaitPodOf(job, pod -> pod.getStatus().getPhase().equals("Running"));

    assertThat(running.getStatus().getConditions())
        .filteredOn(condition -> condition.getStatus().equals("True"))
        .extracting(PodCondition::getType)
        .contains(
            "PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready");
    assertThat(running.getStatus().getHostIP()).isEqualTo("127.0.0.1");
    assertThat(running.getStatus().getPodIP()).startsWith("10.");
    assertThat(running.getStatus().getStartTime()).isNotNull();
    ContainerStatus container = running.getStatus().getContainerStatuses().get(0);
    assertThat(container.getReady()).isTrue();
    assertThat(container.getStarted()).isTrue();
    assertThat(container.getContainerID()).contains(running.getMetadata().getUid());
    assertThat(container.getImageID()).isNotEmpty();

    Pod ended = awaitPodOf(job, pod -> pod.getStatus().getPhase().equals("Succeeded"));
    ContainerStateTerminated terminated = terminated(ended);
    assertThat(terminated.getReason()).isEqualTo("Completed");
    assertThat(terminated.getExitCode()).isZero();
    assertThat(between(terminated)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(5));
    assertThat(condition(ended, "Ready").getReason()).isEqualTo("PodCompleted");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(current(job).getStatus().getConditions())
                    .anyMatch(
                        done ->
                            done.getType().equals("Complete") && done.getStatus().equals("True")));
  }

  @Test
  @DisplayName("a change of a running pod does not begin its run time anew")
  void changeDoesNotProlong() {
    Pod pod =
        client.resource(Workload.named("changed").runningFor(Duration.ofSeconds(4)).pod()).create();
    awaitPod(pod, p -> p.getStatus().getPhase().equals("Running"));
    Instant running = Instant.now();
    for (int i = 1; i <= 3; i++) {
      Duration ran = Duration.ofMillis(900L * i);
      await().until(() -> Duration.between(running, Instant.now()).compareTo(ran) >= 0);
      String value = Integer.toString(i);
      edit(pod, p -> labelled(p, value));
    }
    Pod ended = awaitPod(pod, p -> p.getStatus().getPhase().equals("Succeeded"));
    assertThat(between(terminated(ended))).isLessThanOrEqualTo(Duration.ofSeconds(5));
  }

  @Test
  @DisplayName("exit code 64 fails pod and Job with reason Error")
  void exitCode() {
    Job job = create(brief("exit-64").exitingWith(64));
    Pod ended = awaitPodOf(job, pod -> pod.getStatus().getPhase().equals("Failed"));
    assertThat(terminated(ended).getExitCode()).isEqualTo(64);
    assertThat(terminated(ended).getReason()).isEqualTo("Error");
    assertThat(condition(ended, "Ready").getReason()).isEqualTo("PodFailed");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                current(job).getStatus().getConditions().stream()
                    .anyMatch(c -> c.getType().equals("Failed") && c.getStatus().equals("True")));
  }

  @Test
  @DisplayName("OOMKilled ends with 137 and that reason")
  void oomKilled() {
    Pod ended = failed(brief("oom").withOutcome(Simulation.OUTCOME_OOM_KILLED));
    assertThat(terminated(ended).getExitCode()).isEqualTo(137);
    assertThat(terminated(ended).getReason()).isEqualTo("OOMKilled");
    assertThat(ended.getStatus().getReason()).isNull();
  }

  @Test
  @DisplayName("DeadlineExceeded carries the kubelet's reason and message")
  void deadlineExceeded() {
    Pod ended = failed(brief("deadline").withOutcome(Simulation.OUTCOME_DEADLINE_EXCEEDED));
    assertDeadlineExceeded(ended);
  }

  @Test
  @DisplayName("activeDeadlineSeconds is enforced when the run would take longer")
  void activeDeadline() {
    Pod ended =
        failed(
            Workload.named("active-deadline")
                .withActiveDeadline(Duration.ofSeconds(1))
                .runningFor(Duration.ofMinutes(1)));
    assertDeadlineExceeded(ended);
  }

  @Test
  @DisplayName("Evicted carries reason, message and the DisruptionTarget condition")
  void evicted() {
    Pod ended = failed(brief("evicted").withOutcome(Simulation.OUTCOME_EVICTED));
    assertThat(ended.getStatus().getReason()).isEqualTo("Evicted");
    assertThat(ended.getStatus().getMessage()).startsWith("The node was low on resource: memory.");
    assertThat(condition(ended, "DisruptionTarget").getReason()).isEqualTo("TerminationByKubelet");
  }

  @Test
  @DisplayName("ImagePullBackOff stays Pending, and starts once the annotation is gone")
  void imagePullBackOff() {
    Pod pod = stuck("image", Simulation.OUTCOME_IMAGE_PULL_BACK_OFF);
    assertThat(waiting(pod).getMessage()).startsWith("Back-off pulling image");
    assertThat(condition(pod, "Ready").getStatus()).isEqualTo("False");

    edit(
        pod,
        p ->
            new PodBuilder(p)
                .editMetadata()
                .removeFromAnnotations(Simulation.OUTCOME)
                .endMetadata()
                .build());
    Pod running = awaitPod(pod, p -> p.getStatus().getPhase().equals("Running"));
    assertThat(running.getStatus().getContainerStatuses().get(0).getState().getWaiting()).isNull();
  }

  @Test
  @DisplayName("CreateContainerError stays Pending")
  void createContainerError() {
    Pod pod = stuck("create-error", Simulation.OUTCOME_CREATE_CONTAINER_ERROR);
    assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");
  }

  @Test
  @DisplayName("init containers end before, sidecars with the pod")
  void initContainers() {
    Job job =
        client
            .resource(
                brief("init")
                    .with(
                        spec ->
                            new PodSpecBuilder(spec)
                                .withInitContainers(
                                    new ContainerBuilder()
                                        .withName("fetch")
                                        .withImage("fetch:1")
                                        .build(),
                                    new ContainerBuilder()
                                        .withName("proxy")
                                        .withImage("proxy:1")
                                        .withRestartPolicy("Always")
                                        .build())
                                .build())
                    .job())
            .create();
    Pod running = awaitPodOf(job, pod -> pod.getStatus().getPhase().equals("Running"));
    List<ContainerStatus> init = running.getStatus().getInitContainerStatuses();
    assertThat(init.get(0).getState().getTerminated().getReason()).isEqualTo("Completed");
    assertThat(init.get(1).getState().getRunning()).isNotNull();

    Pod ended = awaitPodOf(job, pod -> pod.getStatus().getPhase().equals("Succeeded"));
    assertThat(ended.getStatus().getInitContainerStatuses())
        .allSatisfy(
            status ->
                assertThat(status.getState().getTerminated().getReason()).isEqualTo("Completed"));
  }

  @Test
  @DisplayName("a deleted pod ends its containers after its stop delay, says so, and goes")
  void deletedWithGrace() {
    Pod pod =
        client
            .resource(
                Workload.named("deleted")
                    .runningFor(Duration.ofMinutes(10))
                    .withAnnotation(Simulation.STOP_DELAY, "2s")
                    .pod())
            .create();
    awaitPod(pod, p -> p.getStatus().getPhase().equals("Running"));
    List<Pod> seen = new CopyOnWriteArrayList<>();
    SharedIndexInformer<Pod> informer = client.pods().resource(pod).inform(new Recording(seen));
    try {
      Instant asked = Instant.now();
      client.resource(pod).delete();
      client.pods().resource(pod).waitUntilCondition(Objects::isNull, 20, TimeUnit.SECONDS);
      assertThat(Duration.between(asked, Instant.now()))
          .isBetween(Duration.ofMillis(1500), Duration.ofSeconds(6));
    } finally {
      informer.close();
    }
    assertThat(seen)
        .anySatisfy(
            last -> {
              assertThat(last.getStatus().getPhase()).isEqualTo("Failed");
              assertThat(terminated(last).getExitCode()).isEqualTo(143);
            });
  }

  @Test
  @DisplayName("a deleted pod with a finalizer stays until the finalizer is gone")
  void finalizerIsRespected() {
    Pod pod =
        client
            .resource(
                new PodBuilder(Workload.named("finalizer").pod())
                    .editMetadata()
                    .addToFinalizers("example.org/hold")
                    .endMetadata()
                    .build())
            .create();
    awaitPod(pod, p -> p.getStatus().getPhase().equals("Running"));
    client.resource(pod).delete();
    Pod held = awaitPod(pod, p -> p.getStatus().getPhase().equals("Failed"));
    assertThat(held.getMetadata().getDeletionTimestamp()).isNotNull();
    // Unconditionally: the simulated kubelet may be writing the pod's status.
    client
        .resource(pod)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
    client.pods().resource(pod).waitUntilCondition(Objects::isNull, 20, TimeUnit.SECONDS);
  }

  private static Workload brief(String name) {
    return Workload.named(name).runningFor(Duration.ofMillis(800));
  }

  private Job create(Workload workload) {
    return client.resource(workload.job()).create();
  }

  private Job current(Job job) {
    return requireNonNull(client.resource(job).get());
  }

  private Pod failed(Workload workload) {
    return awaitPodOf(create(workload), pod -> pod.getStatus().getPhase().equals("Failed"));
  }

  private Pod stuck(String name, String reason) {
    Pod pod = client.resource(Workload.named(name).withOutcome(reason).pod()).create();
    return awaitPod(
        pod,
        p ->
            !p.getStatus().getContainerStatuses().isEmpty()
                && waiting(p).getReason().equals(reason)
                && p.getStatus().getPhase().equals("Pending"));
  }

  private Pod awaitPodOf(Job job, Predicate<Pod> condition) {
    return requireNonNull(
        client
            .pods()
            .inNamespace(job.getMetadata().getNamespace())
            .withLabel("job-name", job.getMetadata().getName())
            .waitUntilCondition(pod -> pod != null && condition.test(pod), 20, TimeUnit.SECONDS));
  }

  private Pod edit(Pod pod, UnaryOperator<Pod> change) {
    return client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .edit(change);
  }

  private Pod awaitPod(Pod pod, Predicate<Pod> condition) {
    return requireNonNull(
        client
            .pods()
            .resource(pod)
            .waitUntilCondition(p -> p != null && condition.test(p), 20, TimeUnit.SECONDS));
  }

  private static void assertDeadlineExceeded(Pod ended) {
    assertThat(ended.getStatus().getReason()).isEqualTo("DeadlineExceeded");
    assertThat(ended.getStatus().getMessage())
        .isEqualTo("Pod was active on the node longer than the specified deadline");
    assertThat(terminated(ended).getExitCode()).isEqualTo(137);
  }

  private static Pod labelled(Pod pod, String value) {
    return new PodBuilder(pod).editMetadata().addToLabels("touched", value).endMetadata().build();
  }

  private static ContainerStateTerminated terminated(Pod pod) {
    return requireNonNull(pod.getStatus().getContainerStatuses().get(0).getState().getTerminated());
  }

  private static ContainerStateWaiting waiting(Pod pod) {
    return requireNonNull(pod.getStatus().getContainerStatuses().get(0).getState().getWaiting());
  }

  private static PodCondition condition(Pod pod, String type) {
    return pod.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private static Duration between(ContainerStateTerminated terminated) {
    return Duration.between(
        Instant.parse(terminated.getStartedAt()), Instant.parse(terminated.getFinishedAt()));
  }

  private record Recording(List<Pod> seen) implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      seen.add(pod);
    }

    @Override
    public void onUpdate(@Nullable Pod old, Pod pod) {
      seen.add(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean unknown) {
      // What it was before is what counts.
    }
  }
}
