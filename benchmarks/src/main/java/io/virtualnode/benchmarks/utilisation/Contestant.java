package io.virtualnode.benchmarks.utilisation;

import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.virtualnode.benchmarks.VnodeProcess;
import io.virtualnode.benchmarks.Waits;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.LocalClusterBuilder;
import io.virtualnode.testkit.NodeShape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One system that is given the jobs: real clusters, and a virtual node between them or none.
 *
 * @param name for people
 * @param tolerance by how much it may be worse than the yardstick, infinite if nothing is promised
 * @param queue where jobs are submitted
 * @param sites where they run; the queue itself if nothing is between
 */
record Contestant(
    String name,
    double tolerance,
    LocalCluster queue,
    List<LocalCluster> sites,
    Optional<VnodeProcess> vnode)
    implements AutoCloseable {

  /** Of wide jobs: taken first, without ending others. */
  static final String WIDE_FIRST = "wide-first";

  private static final long START_SECONDS = 120;
  private static final String ADMINISTRATORS = "system:masters";

  /** One cluster that has all nodes, whose scheduler fills one before the next. */
  static Contestant yardstick(UtilisationOptions options, String name) {
    var cluster =
        LocalCluster.builder(name)
            .nodes(options.members * options.nodes, NodeShape.cores(options.cores))
            .packing()
            .schedulerConfiguration(backoff(options))
            .start();
    addPriorityClass(cluster);
    return new Contestant(
        name, Double.POSITIVE_INFINITY, cluster, List.of(cluster), Optional.empty());
  }

  /** Members with the nodes, and the virtual node over them. */
  static Contestant virtual(
      UtilisationOptions options, Topology topology, String collectAfter, int number) {
    var builders = new ArrayList<LocalClusterBuilder>();
    builders.add(
        LocalCluster.builder("primary-" + number)
            .packing()
            .schedulerConfiguration(backoff(options)));
    for (int i = 1; i <= options.members; i++) {
      builders.add(
          LocalCluster.builder("site-%d-%d".formatted(number, i))
              .nodes(options.nodes, NodeShape.cores(options.cores)));
    }
    var clusters = LocalCluster.startAll(builders.toArray(LocalClusterBuilder[]::new));
    var primary = clusters.get(0);
    var members = clusters.subList(1, clusters.size());
    var closing = new Contestant("failed", Double.NaN, primary, members, Optional.empty());
    try {
      addPriorityClass(primary);
      var folder = primary.folder();
      var process =
          VnodeProcess.start(
              options.vnodeHome,
              "",
              folder,
              configuration(topology, collectAfter, primary, members),
              options
                  .logs
                  .map(logs -> logs.resolve("vnode-%s-%s.log".formatted(topology, collectAfter)))
                  .orElse(folder.resolve("vnode.log"))
                  .toAbsolutePath());
      var contestant =
          new Contestant(
              "%s, collect after %s".formatted(topology, collectAfter),
              topology.tolerance,
              primary,
              members,
              Optional.of(process));
      closing = contestant;
      contestant.awaitCores(options.siteCores());
      return contestant;
    } catch (RuntimeException e) {
      closing.close();
      throw e;
    }
  }

  static String configuration(
      Topology topology, String collectAfter, LocalCluster primary, List<LocalCluster> members) {
    var text = new StringBuilder("node: {name: vnode");
    if (topology != Topology.AGGREGATE) {
      text.append(", topology: ").append(topology);
    }
    text.append("}%nprimary: {kubeconfig: %s}%n".formatted(kubeconfig(primary)));
    text.append("placement: {collect: {after: %s}}%nmembers:%n".formatted(collectAfter));
    for (var member : members) {
      text.append("- {name: %s, kubeconfig: %s}%n".formatted(member.name(), kubeconfig(member)));
    }
    return text.toString();
  }

  private static Path kubeconfig(LocalCluster cluster) {
    return cluster.kubeconfigFor("virtual-node", ADMINISTRATORS);
  }

  private static String backoff(UtilisationOptions options) {
    return "podMaxBackoffSeconds: %d%n".formatted(options.maxBackoffSeconds);
  }

  private static void addPriorityClass(LocalCluster cluster) {
    cluster
        .client()
        .resource(
            new PriorityClassBuilder()
                .withNewMetadata()
                .withName(WIDE_FIRST)
                .endMetadata()
                .withValue(1000)
                .withPreemptionPolicy("Never")
                .build())
        .create();
  }

  /** Returns when the virtual nodes offer all the members' room. */
  private void awaitCores(int cores) {
    Waits.until(
        "%s offers %d cores".formatted(name, cores),
        START_SECONDS,
        () -> {
          requireAlive();
          return offeredCores() == cores;
        },
        this::lastWords);
  }

  private long offeredCores() {
    return queue.client().nodes().list().getItems().stream()
        .map(node -> Optional.ofNullable(node.getStatus().getAllocatable().get("cpu")))
        .mapToLong(cpu -> cpu.map(amount -> amount.getNumericalAmount().longValue()).orElse(0L))
        .sum();
  }

  void requireAlive() {
    vnode.ifPresent(VnodeProcess::requireAlive);
  }

  String lastWords() {
    return vnode.map(VnodeProcess::lastWords).orElse("");
  }

  @Override
  public void close() {
    vnode.ifPresent(VnodeProcess::close);
    var clusters = new ArrayList<>(sites);
    if (!clusters.contains(queue)) {
      clusters.add(queue);
    }
    for (var cluster : clusters) {
      try {
        cluster.close();
      } catch (RuntimeException e) {
        System.err.println(cluster.name() + " cannot be closed: " + e);
      }
    }
  }
}
