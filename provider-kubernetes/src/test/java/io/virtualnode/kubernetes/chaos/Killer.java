package io.virtualnode.kubernetes.chaos;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.chaos.CrashPoint.Moment;
import io.virtualnode.kubernetes.cli.CrashingVnode;
import io.virtualnode.testkit.GuardedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lets the process under test live and die: killed at random times, or at named points, and started
 * again at once. For one thread at a time, but for what {@link CrashReports} calls.
 */
final class Killer implements AutoCloseable {

  private static final long SHORTEST_LIFE_MILLIS = 800;
  private static final long LONGEST_LIFE_MILLIS = 7000;

  /** How long a named point is waited for: pods come all the time. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  /** How long after it was sent a request has surely left, and less than any answer is late. */
  private static final Duration LEFT = Duration.ofMillis(100);

  private static final int LATEST_MILLIS = 4000;
  private static final int LIVES_PER_NODE = 30;
  private static final Duration NODE_LIMIT = Duration.ofMinutes(1);

  private final KubernetesClient primary;
  private final Path configuration;
  private final Path log;
  private final Network network;
  private final Chronicle chronicle;
  private final Random random;
  private final CrashReports reports = new CrashReports(this::reached);
  private final Map<CrashPoint, Integer> wanted = new HashMap<>();
  private @Nullable GuardedProcess process;

  // guarded by this
  private @Nullable CrashPoint reached;
  private @Nullable String delayed;
  private final Random lateness;

  Killer(
      KubernetesClient primary,
      Path configuration,
      Path log,
      Network network,
      Chronicle chronicle,
      Random random) {
    this.primary = primary;
    this.configuration = configuration;
    this.log = log;
    this.network = network;
    this.chronicle = chronicle;
    this.random = random;
    this.lateness = new Random(random.nextLong());
  }

  /**
   * Kills so often.
   *
   * @param kills at random times
   * @param killsAtPoints at each point
   */
  void kill(int kills, int killsAtPoints, Halt halt) throws InterruptedException {
    CrashPoint.ALL.forEach(point -> wanted.put(point, killsAtPoints));
    int left = kills;
    for (int life = 1; (left > 0 || !missing().isEmpty()) && !halt.within(0); life++) {
      int points = missing().size();
      if (life % LIVES_PER_NODE == LIVES_PER_NODE / 3) {
        deleteNode();
        left = Math.max(0, left - 1);
      } else if (points == 0 || random.nextInt(left + points) < left) {
        killSometime();
        left = Math.max(0, left - 1);
      } else {
        killAtPoint();
      }
    }
  }

  /** The points at which it has not been killed often enough. */
  private Set<CrashPoint> missing() {
    return wanted.entrySet().stream()
        .filter(entry -> entry.getValue() > 0)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private void killSometime() {
    long life = random.nextLong(SHORTEST_LIFE_MILLIS, LONGEST_LIFE_MILLIS);
    var victim = start(Set.of());
    if (victim.awaitExit(Duration.ofMillis(life))) {
      throw ended(victim);
    }
    victim.kill();
    chronicle.done("killed at random", "after " + life + " ms");
  }

  /**
   * Somebody deletes the virtual Node. The process is killed only when it has registered it anew:
   * the primary's garbage collector fails the pods of a Node that is away for 40 s.
   */
  private void deleteNode() {
    var victim = start(Set.of());
    awaitNode();
    primary.nodes().withName(Chaos.NODE).delete();
    chronicle.done("virtual node deleted", Chaos.NODE);
    awaitNode();
    if (!victim.isAlive()) {
      throw ended(victim);
    }
    victim.kill();
    chronicle.done("killed at random", "when its Node was back");
  }

  private void awaitNode() {
    await()
        .atMost(NODE_LIMIT)
        .ignoreExceptions()
        .until(() -> primary.nodes().withName(Chaos.NODE).get() != null);
  }

  private void killAtPoint() {
    var victim = start(missing());
    boolean ended = victim.awaitExit(PATIENCE);
    if (!ended) {
      victim.kill();
    }
    var point = takeReached();
    if (point == null) {
      if (ended) {
        throw ended(victim);
      }
      chronicle.done("killed at random", "after none was reached of " + missing());
    } else {
      wanted.merge(point, -1, Integer::sum);
      chronicle.done("killed at " + point, "exit code " + victim.exitCode());
    }
  }

  private static AssertionError ended(GuardedProcess victim) {
    return new AssertionError(
        "the process has ended by itself, with %s:%n%s"
            .formatted(victim.exitCode(), victim.logTail()));
  }

  /** Starts a process that nobody kills before {@link #close}. */
  void letLive() {
    start(Set.of());
  }

  /** Whether the process of {@link #letLive} lives. */
  boolean isAlive() {
    return process != null && process.isAlive();
  }

  private GuardedProcess start(Set<CrashPoint> points) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m"));
    command.addAll(Fuse.jvmArguments(points, reports.port(), random.nextLong()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(CrashingVnode.class.getName(), "run"));
    command.addAll(List.of("--config", configuration.toString()));
    var started = GuardedProcess.of("vnode", command).start(log);
    process = started;
    return started;
  }

  private synchronized Duration reached(CrashPoint point, String cluster) {
    reached = point;
    if (point.moment() != Moment.SENT) {
      return Duration.ZERO;
    }
    var late = Duration.ofMillis(2 * LEFT.toMillis() + lateness.nextInt(LATEST_MILLIS));
    if (!network.delayRequests(cluster, late)) {
      return Duration.ZERO;
    }
    delayed = cluster;
    return LEFT;
  }

  /** The point at which the process that is dead now was, if it was at one. */
  private synchronized @Nullable CrashPoint takeReached() {
    var point = reached;
    reached = null;
    if (delayed != null) {
      network.restore(delayed);
      delayed = null;
    }
    return point;
  }

  @Override
  public void close() {
    reports.close();
    if (process != null) {
      process.kill();
    }
  }
}
