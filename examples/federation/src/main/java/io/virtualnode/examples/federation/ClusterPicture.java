package io.virtualnode.examples.federation;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The nodes and pods of one cluster, as its API server told last. Not thread-safe. */
final class ClusterPicture {

  /** A node's cpu in thousandths of a core. */
  record Cpu(long capacityMillis, long allocatableMillis) {}

  private final String name;
  private final Map<String, Cpu> nodes = new HashMap<>();
  private final Map<String, PodFact> pods = new HashMap<>();

  ClusterPicture(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  void node(String node, Cpu cpu) {
    nodes.put(node, cpu);
  }

  void nodeGone(String node) {
    nodes.remove(node);
  }

  void pod(PodFact pod) {
    pods.put(pod.uid(), pod);
  }

  void podGone(PodFact pod) {
    pods.remove(pod.uid());
  }

  Stream<PodFact> pods() {
    return pods.values().stream();
  }

  Optional<Cpu> nodeCpu(String node) {
    return Optional.ofNullable(nodes.get(node));
  }

  long allocatableMillis() {
    return nodes.values().stream().mapToLong(Cpu::allocatableMillis).sum();
  }

  /** What the scheduler subtracts: the requests of bound pods that have not ended. */
  long boundMillis() {
    return pods().filter(PodFact::isBound).mapToLong(PodFact::cpuMillis).sum();
  }

  /** What can still be bound; below zero if more is bound than there is. */
  long freeMillis() {
    return allocatableMillis() - boundMillis();
  }

  int running() {
    return Math.toIntExact(pods().filter(PodFact::isRunning).count());
  }

  int inPhase(String phase) {
    return Math.toIntExact(pods().filter(pod -> pod.phase().equals(phase)).count());
  }

  int running(String proxyUid) {
    return Math.toIntExact(
        pods().filter(pod -> pod.proxyUid().equals(proxyUid) && pod.isRunning()).count());
  }
}
