package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A node of a member whose kubelet is the test itself, with a clock of its own. It says once that
 * it is Ready and never again, so that the cluster takes it for lost after its grace period.
 */
final class PlayedNode implements AutoCloseable {

  private final LocalCluster member;
  private final String name;
  private final Duration ahead;

  /**
   * Registers it.
   *
   * @param ahead by how much its clock is ahead of everybody else's
   */
  PlayedNode(LocalCluster member, String name, int cores, Duration ahead) {
    this.member = member;
    this.name = name;
    this.ahead = ahead;
    var room =
        Map.of(
            "cpu", Quantity.fromNumericalAmount(new java.math.BigDecimal(cores), null),
            "memory", new Quantity("64Gi"),
            "ephemeral-storage", new Quantity("64Gi"),
            "pods", new Quantity("10"));
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .endMetadata()
            .withNewStatus()
            .withCapacity(room)
            .withAllocatable(room)
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .withReason("KubeletReady")
            .withLastHeartbeatTime(now())
            .withLastTransitionTime(now())
            .endCondition()
            .endStatus()
            .build();
    member.client().nodes().resource(node).create();
    member.client().nodes().resource(node).patchStatus();
  }

  /** What its clock says, as Kubernetes writes it. */
  String now() {
    return Instant.now().plus(ahead).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Whether a pod has been given to it. */
  boolean has(Pod pod) {
    return name.equals(pod.getSpec().getNodeName());
  }

  /** Starts the containers of a pod. */
  void run(Pod pod) {
    var running = new ContainerStateBuilder().withNewRunning(now()).build();
    post(pod, "Running", now(), running, true);
  }

  /** Ends the containers of a pod that runs, well. */
  void succeed(Pod pod) {
    var status = pod.getStatus();
    var began = status.getContainerStatuses().get(0).getState().getRunning().getStartedAt();
    var ended =
        new ContainerStateBuilder()
            .withNewTerminated()
            .withExitCode(0)
            .withReason("Completed")
            .withStartedAt(began)
            .withFinishedAt(now())
            .withContainerID("played://1")
            .endTerminated()
            .build();
    post(pod, "Succeeded", status.getStartTime(), ended, false);
  }

  private void post(Pod pod, String phase, String startTime, ContainerState state, boolean ready) {
    var conditions =
        new java.util.ArrayList<>(
            pod.getStatus().getConditions().stream()
                .filter(condition -> "PodScheduled".equals(condition.getType()))
                .toList());
    for (var type : List.of("Initialized", "ContainersReady", "Ready")) {
      conditions.add(condition(type, ready || "Initialized".equals(type)));
    }
    var posted =
        new PodBuilder(pod)
            .editStatus()
            .withPhase(phase)
            .withStartTime(startTime)
            .withConditions(conditions)
            .withContainerStatuses()
            .addNewContainerStatus()
            .withName("main")
            .withImage("example.org/job:1")
            .withImageID("played")
            .withContainerID("played://1")
            .withReady(ready)
            .withStarted(ready)
            .withRestartCount(0)
            .withState(state)
            .endContainerStatus()
            .endStatus()
            .build();
    member.client().resource(posted).patchStatus();
  }

  private PodCondition condition(String type, boolean is) {
    return new PodConditionBuilder()
        .withType(type)
        .withStatus(is ? "True" : "False")
        .withLastTransitionTime(now())
        .build();
  }

  /** Removes it and all that was given to it. */
  @Override
  public void close() {
    member
        .client()
        .pods()
        .inAnyNamespace()
        .withField("spec.nodeName", name)
        .list()
        .getItems()
        .stream()
        .filter(Objects::nonNull)
        .forEach(pod -> member.client().resource(pod).withGracePeriod(0).delete());
    member.client().nodes().withName(name).delete();
  }
}
