package io.virtualnode.benchmarks;

import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.LocalClusterBuilder;
import io.virtualnode.testkit.NodeShape;
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
  private final VnodeProcess vnode;

  private Testbed(List<LocalCluster> clusters, Options options) {
    this.clusters = clusters;
    this.apis = clusters.stream().map(ApiAccess::new).toList();
    clusters.forEach(cluster -> RequestFlows.install(cluster, USER));
    this.vnode = VnodeProcess.start(options, NODE, USER, primary(), members());
  }

  /** Starts everything and returns when the node offers all the members' room. */
  static Testbed start(Options options) {
    int cores = (options.coresPerMember() + NODES_PER_MEMBER - 1) / NODES_PER_MEMBER;
    var shape = NodeShape.cores(cores).with("pods", Integer.toString(cores));
    var builders = new ArrayList<LocalClusterBuilder>();
    builders.add(LocalCluster.builder("primary"));
    for (int i = 1; i <= options.members; i++) {
      builders.add(LocalCluster.builder("member-" + i).nodes(NODES_PER_MEMBER, shape));
    }
    var clusters = LocalCluster.startAll(builders.toArray(LocalClusterBuilder[]::new));
    var testbed = new Testbed(clusters, options);
    try {
      testbed.awaitCores(cores * NODES_PER_MEMBER * options.members);
      return testbed;
    } catch (RuntimeException e) {
      testbed.close();
      throw e;
    }
  }

  private void awaitCores(int cores) {
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

  CpuUsage cpu() {
    vnode.requireAlive();
    return new CpuUsage(
        ProcStat.cpuMillis(vnode.pid()),
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
    vnode.close();
    clusters.forEach(LocalCluster::close);
  }
}
