package io.virtualnode.examples.federation;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.kubernetes.delegate.Ownership;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the demonstration keeps of a pod.
 *
 * @param uid its own UID
 * @param proxyUid of a delegate, the UID of the pod in the primary whose work it runs; else its own
 * @param node where it is bound
 * @param cpuMillis its request
 * @param waitsFor why it is Pending, as its status says
 * @param ran how long its container ran; zero before its end
 */
record PodFact(
    String uid,
    String proxyUid,
    String namespace,
    String name,
    Optional<String> node,
    String phase,
    long cpuMillis,
    String waitsFor,
    Duration ran) {

  static PodFact of(Pod pod) {
    var metadata = pod.getMetadata();
    var labels = metadata.getLabels();
    var status = pod.getStatus();
    return new PodFact(
        metadata.getUid(),
        labels == null
            ? metadata.getUid()
            : labels.getOrDefault(Ownership.PROXY_UID, metadata.getUid()),
        metadata.getNamespace(),
        metadata.getName(),
        Optional.ofNullable(pod.getSpec().getNodeName()),
        status.getPhase(),
        pod.getSpec().getContainers().stream()
            .map(container -> container.getResources().getRequests())
            .filter(Objects::nonNull)
            .mapToLong(requests -> millis(requests.get("cpu")))
            .sum(),
        waitsFor(pod),
        ran(pod));
  }

  /** An amount of cpu in thousandths of a core; none is 0. */
  static long millis(@Nullable Quantity cpu) {
    return cpu == null
        ? 0
        : cpu.getNumericalAmount().multiply(BigDecimal.valueOf(1000)).longValue();
  }

  boolean isRunning() {
    return phase.equals("Running");
  }

  boolean isTerminal() {
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** Whether a scheduler subtracts its request from its node. */
  boolean isBound() {
    return node.isPresent() && !isTerminal();
  }

  private static String waitsFor(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(
            condition ->
                condition.getType().equals("PodScheduled") && condition.getMessage() != null)
        .map(condition -> condition.getMessage())
        .findFirst()
        .orElse(Objects.requireNonNullElse(pod.getStatus().getMessage(), "no reason is given"));
  }

  private static Duration ran(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .map(container -> Optional.ofNullable(container.getState()))
        .flatMap(state -> state.map(ContainerState::getTerminated).stream())
        .filter(end -> end.getStartedAt() != null && end.getFinishedAt() != null)
        .map(PodFact::between)
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static Duration between(ContainerStateTerminated end) {
    return Duration.between(Instant.parse(end.getStartedAt()), Instant.parse(end.getFinishedAt()));
  }
}
