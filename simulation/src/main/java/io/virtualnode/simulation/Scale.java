package io.virtualnode.simulation;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.MemberPod;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A site of a given size: half of the pods are others', half are forwarded one after the other as
 * the shell does it, from the primary's watch to the member's. The account settles and publishes
 * after every hundred.
 */
final class Scale {

  private static final int CORES = 64;
  private static final int SHAPES = 24;
  private static final int SETTLE_EVERY = 100;
  private static final int RECOUNTS = 3;

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Account account = new Account(tasks::add, offer -> {}, (proxy, decision) -> {});
  private final SplittableRandom random = new SplittableRandom(1);
  private final int members;
  private final int nodesEach;
  private final int pods;

  /**
   * What was measured.
   *
   * @param nodes in all members
   * @param placementsPerSecond proxies taken from their first sight to that of their delegates
   * @param bytesPerPod of heap, others' and forwarded ones
   * @param recountMillis of a full recount, the median of three
   * @param drift what it found; anything but 0 is a bug
   */
  record Figures(
      int members,
      int nodes,
      int pods,
      double placementsPerSecond,
      double bytesPerPod,
      double recountMillis,
      int drift) {}

  Scale(int members, int nodesEach, int pods) {
    this.members = members;
    this.nodesEach = nodesEach;
    this.pods = pods;
  }

  Figures measure() {
    addNodes();
    settle();
    long before = used();
    int half = pods / 2;
    for (int p = 0; p < half; p++) {
      var pod = pod(node(p), request(p), Optional.empty());
      account.update(ledger -> ledger.setPod(member(pod), pod));
      settleAt(p);
    }
    long start = System.nanoTime();
    for (int p = half; p < pods; p++) {
      forward(p);
      settleAt(p);
    }
    settle();
    double seconds = (System.nanoTime() - start) / 1e9;
    double bytes = (double) (used() - before) / pods;
    var millis = new double[RECOUNTS];
    int drift = 0;
    for (int i = 0; i < RECOUNTS; i++) {
      long begin = System.nanoTime();
      drift += account.read(Ledger::drift);
      millis[i] = (System.nanoTime() - begin) / 1e6;
    }
    Arrays.sort(millis);
    return new Figures(
        members,
        members * nodesEach,
        pods,
        (pods - half) / seconds,
        bytes,
        millis[RECOUNTS / 2],
        drift);
  }

  private void addNodes() {
    var amounts = Map.of("cpu", CORES * 1000L, "memory", 1L << 38, "pods", 250L);
    for (int n = 0; n < members * nodesEach; n++) {
      var key = new NodeKey("member-" + n % members, "node-" + n + ".example.org");
      var node = new MemberNode(key, Resources.of(amounts), true, "", Map.of(), List.of());
      account.update(ledger -> ledger.setNode(node));
    }
    for (int m = 0; m < members; m++) {
      var member = "member-" + m;
      account.update(ledger -> ledger.setFresh(member, true));
    }
  }

  private void forward(int p) {
    var proxy = new PodKey("jobs", "job-" + p, uid());
    var request = request(p);
    account.update(ledger -> ledger.count(proxy.uid(), request));
    var decision = account.place(proxy, new Demand(proxy.uid(), request, NodeRequirements.NONE));
    if (!(decision instanceof Decision.Placed placed)) {
      throw new IllegalStateException("%s found no node: %s".formatted(proxy, decision));
    }
    var delegate = pod(placed.node().node(), request, Optional.of(proxy.uid()));
    account.update(ledger -> ledger.setPod(placed.node().member(), delegate));
  }

  private void settleAt(int p) {
    if (p % SETTLE_EVERY == 0) {
      settle();
    }
  }

  private void settle() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private String node(int p) {
    return "node-" + p % (members * nodesEach) + ".example.org";
  }

  private String member(MemberPod pod) {
    var name = pod.node().orElseThrow();
    int number = Integer.parseInt(name.substring("node-".length(), name.indexOf('.')));
    return "member-" + number % members;
  }

  private static Resources request(int p) {
    return Resources.of(
        Map.of("cpu", 100L + p % SHAPES * 10L, "memory", (1L << 28) + p % SHAPES, "pods", 1L));
  }

  private MemberPod pod(String node, Resources request, Optional<String> proxy) {
    return new MemberPod(uid(), Optional.of(node), request, proxy, false);
  }

  private String uid() {
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  /** What is in use after everything that can be collected has been. */
  private static long used() {
    var memory = ManagementFactory.getMemoryMXBean();
    for (int i = 0; i < 3; i++) {
      memory.gc();
    }
    return memory.getHeapMemoryUsage().getUsed();
  }
}
