package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SchedulerProfileIT {

  private static final int NODES = 3;

  @Test
  @DisplayName("a packing scheduler fills one node before it uses the next; by default it spreads")
  void packs() {
    List<LocalCluster> clusters =
        LocalCluster.startAll(
            LocalCluster.builder("packed")
                .nodes(NODES, NodeShape.cores(4))
                .packing()
                .schedulerConfiguration("podMaxBackoffSeconds: 2"),
            LocalCluster.builder("spread").nodes(NODES, NodeShape.cores(4)));
    try {
      assertThat(podsByNode(clusters.get(0), 4)).containsOnly(4L);
      assertThat(podsByNode(clusters.get(0), 6)).containsExactlyInAnyOrder(4L, 2L);
      assertThat(podsByNode(clusters.get(1), 6)).containsExactly(2L, 2L, 2L);
    } finally {
      clusters.forEach(LocalCluster::close);
    }
  }

  @Test
  @DisplayName("a field that kube-scheduler does not know fails the start with its log")
  void unknownField() {
    LocalClusterBuilder builder =
        LocalCluster.builder("unknown").schedulerConfiguration("noSuchField: 1\n");
    assertThatThrownBy(
            () -> {
              try (LocalCluster cluster = builder.start()) {
                cluster.schedulerMetrics("/metrics");
              }
            })
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("kube-scheduler of unknown")
        .hasMessageContaining("noSuchField");
  }

  /** Adds pods of one core, one after the other, until there are so many. */
  private static List<Long> podsByNode(LocalCluster cluster, int count) {
    for (int i = pods(cluster).size(); i < count; i++) {
      String name = "pod-" + i;
      cluster.client().resource(pod(name)).create();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  Optional.ofNullable(
                          cluster.client().pods().inNamespace("default").withName(name).get())
                      .map(pod -> pod.getSpec().getNodeName())
                      .isPresent());
    }
    Map<String, Long> byNode =
        pods(cluster).stream()
            .map(pod -> pod.getSpec().getNodeName())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    return List.copyOf(byNode.values());
  }

  private static List<Pod> pods(LocalCluster cluster) {
    return cluster.client().pods().inNamespace("default").list().getItems();
  }

  /** Without affinity, which packs by itself. */
  private static Pod pod(String name) {
    return Workload.named(name)
        .with(spec -> new PodSpecBuilder(spec).withAffinity(null).build())
        .runningFor(Duration.ofMinutes(5))
        .pod();
  }
}
