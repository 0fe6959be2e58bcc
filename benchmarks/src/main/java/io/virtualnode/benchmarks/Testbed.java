package io.virtualnode.benchmarks;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.LocalClusterBuilder;
import io.virtualnode.testkit.NodeShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is measured: a primary, members with more room than is needed, and the virtual node. */
final class Testbed implements AutoCloseable {

  static final String NAMESPACE = "default";

  private static final String NODE = "vnode";
  private static final String USER = "virtual-node";
  private static final int NODES_PER_MEMBER = 4;
  private static final long START_SECONDS = 90;

  private final List<LocalCluster> clusters;
  private final List<ApiAccess> apis;
  private final Options options;
  private VnodeProcess vnode;

  private Testbed(List<LocalCluster> clusters, Options options) {
    this.clusters = clusters;
    this.apis = clusters.stream().map(ApiAccess::new).toList();
    clusters.forEach(cluster -> RequestFlows.install(cluster, USER));
    this.options = options;
    this.vnode = startVnode(options);
  }

  private VnodeProcess startVnode(Options options) {
    var folder = primary().folder();
    return VnodeProcess.start(
        options.vnodeHome,
        options.javaOpts,
        folder,
        VnodeProcess.configuration(NODE, USER, primary(), members()),
        options.log.orElse(folder.resolve("vnode.log")).toAbsolutePath());
  }

  /** Starts everything and returns when the node offers all the members' room. */
  static Testbed start(Options options) {
    int cores = coresPerNode(options);
    var shape = NodeShape.cores(cores).with("pods", Integer.toString(cores));
    var builders = new ArrayList<LocalClusterBuilder>();
    builders.add(LocalCluster.builder("primary"));
    for (int i = 1; i <= options.members; i++) {
      builders.add(LocalCluster.builder("member-" + i).nodes(NODES_PER_MEMBER, shape));
    }
    var clusters = LocalCluster.startAll(builders.toArray(LocalClusterBuilder[]::new));
    try {
      options.log.ifPresent(Testbed::delete);
      var testbed = new Testbed(clusters, options);
      try {
        testbed.awaitCores();
        return testbed;
      } catch (RuntimeException e) {
        testbed.vnode.close();
        throw e;
      }
    } catch (RuntimeException e) {
      close(clusters);
      throw e;
    }
  }

  private static void delete(Path log) {
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + log, e);
    }
  }

  private static int coresPerNode(Options options) {
    return (options.coresPerMember() + NODES_PER_MEMBER - 1) / NODES_PER_MEMBER;
  }

  private void awaitCores() {
    int cores = coresPerNode(options) * NODES_PER_MEMBER * options.members;
    Waits.until(
        "the node offers %d cores".formatted(cores),
        START_SECONDS,
        () -> {
          vnode.requireAlive();
          var node = primary().client().nodes().withName(NODE).get();
          return node != null
              && node.getStatus().getAllocatable().containsKey("cpu")
              && node.getStatus().getAllocatable().get("cpu").getNumericalAmount().intValue()
                  == cores;
        },
        vnode::lastWords);
  }

  LocalCluster primary() {
    return clusters.get(0);
  }

  List<LocalCluster> members() {
    return clusters.subList(1, clusters.size());
  }

  ApiAccess primaryApi() {
    return apis.get(0);
  }

  List<ApiAccess> memberApis() {
    return apis.subList(1, apis.size());
  }

  VnodeProcess vnode() {
    return vnode;
  }

  /** Ends the virtual node; the clusters stay. */
  void stopVnode() {
    vnode.close();
  }

  /** Starts the virtual node again, cold, and returns when the node offers all again. */
  void startVnode() {
    vnode = startVnode(options);
    awaitCores();
  }

  /** Returns when nothing is left of the virtual node's pods in any member. */
  void awaitNoDelegates() {
    Waits.until(
        "no delegate is left",
        START_SECONDS,
        () -> members().stream().allMatch(Testbed::hasNoPods),
        vnode::lastWords);
  }

  private static boolean hasNoPods(LocalCluster member) {
    var one = new ListOptionsBuilder().withLimit(1L).build();
    return member.client().pods().inNamespace(NAMESPACE).list(one).getItems().isEmpty();
  }

  /** Processor time so far; the virtual node's is 0 while it does not run. */
  CpuUsage cpu() {
    return new CpuUsage(
        vnode.cpuMillis(),
        ProcStat.cpuMillis(primary().pids()),
        members().stream().mapToLong(member -> ProcStat.cpuMillis(member.pids())).sum(),
        ProcStat.cpuMillis(ProcessHandle.current().pid()));
  }

  /** The virtual node's requests so far: to the primary. */
  ApiCounts primaryCounts() {
    return ApiCounts.parse(primary().metrics());
  }

  /** The virtual node's requests so far: to all members. */
  ApiCounts memberCounts() {
    return members().stream()
        .map(member -> ApiCounts.parse(member.metrics()))
        .reduce(ApiCounts::plus)
        .orElseThrow();
  }

  @Override
  public void close() {
    try {
      vnode.close();
    } finally {
      close(clusters);
    }
  }

  /** Whoever could not be closed leaves no process either: it ends with this one. */
  private static void close(List<LocalCluster> clusters) {
    for (var cluster : clusters) {
      try {
        cluster.close();
      } catch (RuntimeException e) {
        System.err.println(cluster.name() + " cannot be closed: " + e);
      }
    }
  }
}
