package io.virtualnode.benchmarks.ledger;

import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the ledger's updates and a placement cost, by the number of nodes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class LedgerBenchmark {

  /** A site with room on most nodes, and ten thousand proxies of ours that come and go. */
  @State(Scope.Thread)
  public static class Busy {

    /** How many nodes. */
    @Param({"5000", "50000", "500000"})
    public int nodes;

    @SuppressWarnings("NullAway.Init") // JMH calls fill first
    private Site site;

    private final Random random = new Random(2);
    private final Queue<String> placed = new ArrayDeque<>();
    private final Queue<String> uids = new ArrayDeque<>();

    /** Fills the ledger and places the first proxies. */
    @Setup(Level.Trial)
    public void fill() {
      site = new Site(nodes, 8);
      for (int i = 0; i < 20_000; i++) {
        uids.add(site.nextUid());
      }
      for (int i = 0; i < 10_000; i++) {
        place();
      }
    }

    private Decision place() {
      var uid = uids.remove();
      var request = Site.cores(random.nextInt(16) == 0 ? 4 : 1);
      site.ledger.count(uid, request);
      var demand = new Demand(uid, request, NodeRequirements.NONE);
      var decision = site.placement.decide(demand, Optional.empty());
      if (decision instanceof Decision.Placed one) {
        site.ledger.reserve(uid, one.node());
      }
      placed.add(uid);
      return decision;
    }

    private void release() {
      var uid = placed.remove();
      site.ledger.release(uid);
      site.ledger.uncount(uid);
      uids.add(uid);
    }
  }

  /** A site on which no node has two cores left over. */
  @State(Scope.Thread)
  public static class Full {

    /** How many nodes. */
    @Param({"5000", "50000", "500000"})
    public int nodes;

    @SuppressWarnings("NullAway.Init") // JMH calls fill first
    private Site site;

    @SuppressWarnings("NullAway.Init") // JMH calls fill first
    private Demand wide;

    private Optional<Decision> before = Optional.empty();

    /** Fills the ledger. */
    @Setup(Level.Trial)
    public void fill() {
      site = new Site(nodes, 1);
      wide = new Demand(site.nextUid(), Site.cores(8), NodeRequirements.NONE);
      site.ledger.count(wide.proxyUid(), wide.request());
      before = Optional.of(site.placement.decide(wide, Optional.empty()));
    }
  }

  /** One proxy is counted, decided for and gets its slot; the oldest slot is released. */
  @Benchmark
  public Decision placeAndRelease(Busy state) {
    var decision = state.place();
    state.release();
    return decision;
  }

  /** The decision alone, of which the above is one part. */
  @Benchmark
  public Decision decide(Busy state) {
    var request = Site.cores(1 + state.random.nextInt(4));
    var demand = new Demand("somebody", request, NodeRequirements.NONE);
    return state.site.placement.decide(demand, Optional.empty());
  }

  /** A pod comes to a node of fifty pods and goes again: each is one operation. */
  @Benchmark
  @OperationsPerInvocation(2)
  public void setAndRemovePod(Busy state) {
    var node = state.site.crowded.get(state.random.nextInt(state.site.crowded.size()));
    var uid = state.uids.remove();
    state.uids.add(uid);
    state.site.ledger.setPod(node.member(), Site.pod(uid, node.node(), Site.cores(1)));
    state.site.ledger.removePod(node.member(), uid);
  }

  /** What the virtual node has as its allocatable. */
  @Benchmark
  public Resources offer(Busy state) {
    return state.site.ledger.offer();
  }

  /** A wide pod that has to wait is decided for again, and its request is held. */
  @Benchmark
  public Decision hold(Full state) {
    state.site.placement.releaseHeld();
    return state.site.placement.decide(state.wide, state.before);
  }

  /** Everything is counted anew and compared. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  @Warmup(iterations = 2)
  @Measurement(iterations = 5)
  public int recount(Busy state) {
    return state.site.ledger.drift();
  }
}
