package io.virtualnode.testkit;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.testkit.TestkitException.Reason;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The simulated nodes of one cluster, as objects in its API; kwok plays their kubelets. */
final class SimulatedNodes {

  /** The annotation by which kwok knows the nodes that are its own. */
  static final String FAKE_NODE = "kwok.x-k8s.io/node";

  private static final String NOT_READY_TAINT = "node.kubernetes.io/not-ready";
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final KubernetesClient client;

  SimulatedNodes(KubernetesClient client) {
    this.client = client;
  }

  void create(String name, NodeShape shape) {
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .addToLabels("kubernetes.io/hostname", name)
            .addToLabels("kubernetes.io/os", "linux")
            .addToLabels("kubernetes.io/arch", "amd64")
            .addToLabels(shape.labels())
            .addToAnnotations(FAKE_NODE, "fake")
            .endMetadata()
            .withNewSpec()
            .withTaints(shape.taints())
            .endSpec()
            .withNewStatus()
            .withCapacity(shape.resources())
            .withAllocatable(shape.resources())
            .endStatus()
            .build();
    client.nodes().resource(node).create();
  }

  void delete(String name) {
    client.nodes().withName(name).delete();
    client
        .nodes()
        .withName(name)
        .waitUntilCondition(Objects::isNull, TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  /** Waits until pods can be scheduled to all of these nodes. */
  void awaitSchedulable(Collection<String> names) {
    try {
      client
          .nodes()
          .informOnCondition(
              nodes ->
                  names.stream()
                      .allMatch(
                          name ->
                              nodes.stream()
                                  .anyMatch(
                                      node ->
                                          node.getMetadata().getName().equals(name)
                                              && isReady(node)
                                              && !hasNotReadyTaint(node))))
          .get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new TestkitException(
          Reason.TIMED_OUT, "nodes did not become Ready within " + TIMEOUT + ": " + names, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException(Reason.TIMED_OUT, "interrupted while waiting for nodes", e);
    }
  }

  void setReady(String name, boolean ready) {
    // A merge patch: the kubelet writes the node too, and neither must wait for the other.
    String value = ready ? "null" : "\"true\"";
    client
        .nodes()
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\""
                + Simulation.NODE_NOT_READY
                + "\":"
                + value
                + "}}}");
    client
        .nodes()
        .withName(name)
        .waitUntilCondition(
            node -> node != null && isReady(node) == ready && hasNotReadyTaint(node) != ready,
            TIMEOUT.toSeconds(),
            TimeUnit.SECONDS);
  }

  private static boolean isReady(Node node) {
    return node.getStatus().getConditions().stream()
        .anyMatch(
            condition ->
                condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }

  private static boolean hasNotReadyTaint(Node node) {
    return node.getSpec().getTaints().stream()
        .anyMatch(taint -> taint.getKey().equals(NOT_READY_TAINT));
  }
}
