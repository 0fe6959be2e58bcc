package io.virtualnode.benchmarks.ledger;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.MemberPod;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.placement.Placement;
import io.virtualnode.kubernetes.placement.Strategy;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/**
 * What the ledger's pods and nodes take of the heap: the difference of what is in use before and
 * after, each time after a collection. A proxy with its delegate is one forwarded pod.
 */
public final class LedgerMemory {

  private static final int NODES = 20_000;
  private static final int PODS = 500_000; // of each kind
  private static final int MEMBERS = 4;
  private static final int SHAPES = 24;

  private final Random random = new Random(1);
  private final Ledger ledger = new Ledger();

  private LedgerMemory() {}

  /** Prints bytes per node and per pod of each kind. */
  public static void main(String[] args) {
    new LedgerMemory().run();
  }

  private void run() {
    long start = used();
    for (int n = 0; n < NODES; n++) {
      ledger.setNode(node(n));
    }
    long nodes = used();
    var placement = new Placement(ledger, Strategy.PACK);
    long index = used();
    for (int p = 0; p < PODS; p++) {
      ledger.setPod(member(p), pod(p, shape(p), Optional.empty()));
    }
    long local = used();
    for (int p = 0; p < PODS; p++) {
      var proxy = uid();
      ledger.count(proxy, shape(p));
      ledger.reserve(proxy, new NodeKey(member(p), name(p)));
      ledger.setPod(member(p), pod(p, shape(p), Optional.of(proxy)));
    }
    long forwarded = used();
    System.out.printf("node            %4d bytes of facts and account%n", (nodes - start) / NODES);
    System.out.printf("node            %4d bytes in the index%n", (index - nodes) / NODES);
    System.out.printf("local pod       %4d bytes%n", (local - index) / PODS);
    System.out.printf("forwarded pod   %4d bytes%n", (forwarded - local) / PODS);
    System.out.printf("all pods        %4d bytes on average%n", (forwarded - index) / (2 * PODS));
    System.out.printf("drift           %4d%n", ledger.drift());
    System.out.printf("decisions       %4d in all%n", placement.version());
  }

  /** What is in use after everything that can be collected has been. */
  private static long used() {
    var memory = ManagementFactory.getMemoryMXBean();
    for (int i = 0; i < 3; i++) {
      memory.gc();
    }
    return memory.getHeapMemoryUsage().getUsed();
  }

  private static MemberNode node(int n) {
    var amounts = Map.of("cpu", 64_000L, "memory", 1L << 38, "pods", 250L);
    var key = new NodeKey(member(n), name(n));
    return new MemberNode(key, Resources.of(amounts), true, "", Map.of(), List.of());
  }

  private MemberPod pod(int p, Resources request, Optional<String> proxy) {
    return new MemberPod(uid(), Optional.of(name(p)), request, proxy, false);
  }

  /** As read from JSON: a new object each time. */
  private static Resources shape(int p) {
    return Resources.of(
        Map.of("cpu", 100L + p % SHAPES, "memory", (1L << 28) + p % SHAPES, "pods", 1L));
  }

  private static String member(int i) {
    return "member-" + i % NODES % MEMBERS;
  }

  private static String name(int i) {
    return "node-" + i % NODES + ".example.org";
  }

  private String uid() {
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }
}
