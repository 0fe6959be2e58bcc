package io.virtualnode.simulation;

import io.virtualnode.kubernetes.placement.Strategy;
import io.virtualnode.simulation.Scheduler.Scoring;
import io.virtualnode.simulation.Site.Topology;
import java.util.random.RandomGenerator;

/**
 * What kind of history a seed stands for.
 *
 * @param lagMillis the network's
 * @param faultsPerThousand requests and watch events that go wrong
 * @param disturbances how many
 * @param pods how many are submitted
 * @param widePods how many of them are as wide as the widest node
 * @param widePriority theirs; others have 0
 * @param collectAfterMillis how long they wait before a slot is collected for them
 * @param supply whether small pods come without end until the wide ones have run
 * @param localPods how many of others' come
 */
record Plan(
    Topology topology,
    Strategy strategy,
    Scoring scoring,
    int members,
    int nodesEach,
    int coresEach,
    int lagMillis,
    int faultsPerThousand,
    int disturbances,
    int durationMillis,
    int pods,
    int widePods,
    int widePriority,
    int collectAfterMillis,
    boolean supply,
    int localPods) {

  static final int MAX_AGE_MILLIS = 1000;

  static Plan of(RandomGenerator random) {
    boolean hasWide = random.nextInt(4) == 0;
    boolean supply = hasWide && random.nextInt(4) == 0;
    boolean faulty = random.nextInt(4) > 0;
    return new Plan(
        any(Topology.values(), random),
        any(Strategy.values(), random),
        any(Scoring.values(), random),
        1 + random.nextInt(3),
        1 + random.nextInt(3),
        supply ? 4 : 2 + random.nextInt(7),
        20 << random.nextInt(5),
        faulty ? random.nextInt(60) : 0,
        random.nextInt(12),
        1000 + random.nextInt(4000),
        supply ? 2 : 2 + random.nextInt(16),
        hasWide ? 1 + random.nextInt(2) : 0,
        random.nextInt(2) * 10,
        500 + random.nextInt(3000),
        supply,
        random.nextInt(10));
  }

  static <T> T any(T[] values, RandomGenerator random) {
    return values[random.nextInt(values.length)];
  }
}
