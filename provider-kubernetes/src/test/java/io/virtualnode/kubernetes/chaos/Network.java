package io.virtualnode.kubernetes.chaos;

import static io.virtualnode.testkit.FaultProxy.Direction.ANSWERS;
import static io.virtualnode.testkit.FaultProxy.Direction.REQUESTS;

import io.virtualnode.testkit.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;

/**
 * The network between the process and each cluster, which fails in one way at a time. Thread-safe.
 */
final class Network {

  private static final long SHORTEST_MILLIS = 200;
  private static final double LONGEST_BY_SHORTEST = 40; // 8 s
  private static final long SHORTEST_PAUSE = 2000; // in milliseconds, too
  private static final long LONGEST_PAUSE = 8000;
  private static final Duration LAG = Duration.ofMillis(300);

  /** In which ways it fails. */
  enum Fault {
    CUT,
    RESET,
    HOLD,
    BLACK_HOLE,
    REQUESTS_LOST,
    ANSWERS_LOST,
    DELAY;

    void begin(FaultProxy proxy) {
      switch (this) {
        case CUT -> proxy.cut();
        case RESET -> proxy.reset();
        case HOLD -> proxy.hold();
        case BLACK_HOLE -> proxy.blackHole();
        case REQUESTS_LOST -> proxy.blackHole(REQUESTS);
        case ANSWERS_LOST -> proxy.blackHole(ANSWERS);
        case DELAY -> proxy.delay(LAG);
      }
    }
  }

  /** The way to one cluster, and whose it is to disturb it. */
  private record Way(FaultProxy proxy, Semaphore use) {}

  private final Map<String, Way> ways = new TreeMap<>();
  private final Chronicle chronicle;

  Network(Map<String, FaultProxy> proxies, Chronicle chronicle) {
    proxies.forEach((cluster, proxy) -> ways.put(cluster, new Way(proxy, new Semaphore(1))));
    this.chronicle = chronicle;
  }

  /** Fails until the end, in all ways in turn, with pauses. */
  void fail(Random random, Halt halt) throws InterruptedException {
    var faults = new ArrayList<>(List.of(Fault.values()));
    Collections.shuffle(faults, random);
    var clusters = List.copyOf(ways.keySet());
    for (int i = 0; !halt.within(random.nextLong(SHORTEST_PAUSE, LONGEST_PAUSE)); i++) {
      var fault = faults.get(i % faults.size());
      var cluster = clusters.get(random.nextInt(clusters.size()));
      double length = SHORTEST_MILLIS * Math.pow(LONGEST_BY_SHORTEST, random.nextDouble());
      fail(fault, cluster, Duration.ofMillis((long) length), halt);
    }
  }

  private void fail(Fault fault, String cluster, Duration length, Halt halt)
      throws InterruptedException {
    var way = way(cluster);
    way.use().acquire();
    try {
      chronicle.done("partition " + fault, cluster + " for " + length);
      fault.begin(way.proxy());
      var unused = halt.within(length.toMillis());
    } finally {
      way.proxy().pass();
      way.use().release();
    }
  }

  /**
   * Lets requests to the cluster be late from now on, until {@link #restore}; but not while the way
   * fails already.
   */
  boolean delayRequests(String cluster, Duration late) {
    var way = way(cluster);
    if (!way.use().tryAcquire()) {
      return false;
    }
    chronicle.done("requests late", cluster + " by " + late);
    way.proxy().delay(REQUESTS, late);
    return true;
  }

  /** Lets new requests be in time again; those on their way come when they come. */
  void restore(String cluster) {
    var way = way(cluster);
    way.proxy().pass();
    way.use().release();
  }

  private Way way(String cluster) {
    var way = ways.get(cluster);
    if (way == null) {
      throw new AssertionError("no cluster " + cluster);
    }
    return way;
  }
}
