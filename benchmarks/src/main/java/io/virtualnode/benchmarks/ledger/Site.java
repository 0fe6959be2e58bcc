package io.virtualnode.benchmarks.ledger;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.MemberPod;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.placement.Placement;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/**
 * A site of many nodes: members of 5,000 nodes each, four kinds of nodes, one in ten with GPUs. On
 * some nodes run fifty pods, on all others two.
 */
final class Site {

  private static final int NODES_OF_MEMBER = 5_000;
  private static final int MOST_CROWDED = 20_000;
  private static final long GIB = 1L << 30;

  final Ledger ledger = new Ledger();
  final Placement placement = new Placement(ledger, Strategy.PACK);
  final List<NodeKey> crowded = new ArrayList<>();
  private final Random random = new Random(1);
  private int pods;

  /**
   * Fills a ledger.
   *
   * @param spareCores the most cores that a node has left over
   */
  Site(int nodes, int spareCores) {
    for (int n = 0; n < nodes; n++) {
      var member = "member-" + n / NODES_OF_MEMBER;
      if (n % NODES_OF_MEMBER == 0) {
        ledger.setFresh(member, true);
      }
      add(new NodeKey(member, "node-%06d.example.org".formatted(n)), n, spareCores);
    }
  }

  private void add(NodeKey key, int n, int spareCores) {
    boolean isCrowded = crowded.size() < MOST_CROWDED && n % 4 == 0;
    int cores = 64 << n % 3;
    int kinds = isCrowded ? 50 : 2;
    long spare = random.nextInt(spareCores * 1000 + 1);
    long eachCpu = (cores * 1000L - spare) / kinds;
    long eachMemory = (cores * 4L * GIB - random.nextInt(spareCores + 1) * 4L * GIB) / kinds;
    ledger.setNode(node(key, n, cores));
    for (int p = 0; p < kinds; p++) {
      var request = request(eachCpu, eachMemory);
      ledger.setPod(key.member(), pod(nextUid(), key.node(), request));
    }
    if (isCrowded) {
      crowded.add(key);
    }
  }

  private static MemberNode node(NodeKey key, int n, int cores) {
    var amounts =
        n % 10 == 0
            ? Map.of(
                "cpu",
                cores * 1000L,
                "memory",
                cores * 4L * GIB,
                "ephemeral-storage",
                1000 * GIB,
                "pods",
                250L,
                "nvidia.com/gpu",
                4L)
            : Map.of(
                "cpu",
                cores * 1000L,
                "memory",
                cores * 4L * GIB,
                "ephemeral-storage",
                1000 * GIB,
                "pods",
                250L);
    var labels =
        Map.of(
            "kubernetes.io/hostname",
            key.node(),
            "kubernetes.io/arch",
            n % 7 == 0 ? "arm64" : "amd64",
            "topology.kubernetes.io/zone",
            "zone-" + n % 3);
    return new MemberNode(key, Resources.of(amounts), true, "", labels, List.of());
  }

  static MemberPod pod(String uid, String node, Resources request) {
    return new MemberPod(uid, Optional.of(node), request, Optional.empty(), false);
  }

  static Resources request(long cpuMillis, long memory) {
    return Resources.of(Map.of("cpu", cpuMillis, "memory", memory, "pods", 1L));
  }

  static Resources cores(int cores) {
    return request(cores * 1000L, cores * 2L * GIB);
  }

  /** UIDs as Kubernetes makes them, the same in every run. */
  String nextUid() {
    pods++;
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  int pods() {
    return pods;
  }
}
