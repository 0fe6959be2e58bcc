package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.ReplicaSettings;
import io.virtualnode.node.Attendance;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of several processes with one configuration, of which each virtual node is run by one.
 *
 * <p>What there is to run is divided into {@linkplain Share shares}, and each share has a leader,
 * elected by Leases ({@link Standing}). With the topology {@code aggregate} there is one share, and
 * the other processes stand by. With the others each member is one: each process runs its part of
 * them, as many as are there divided by how many processes there are, and gives up what it has
 * beyond that, one at a time, when another one comes.
 *
 * <p>Thread-safe. One instance runs once.
 */
public final class Replica implements NodeRunner {

  private static final Logger log = LoggerFactory.getLogger(Replica.class);
  private static final Duration LONGEST_LEAVING = Duration.ofSeconds(30);

  private final ReplicaSettings settings;
  private final NodeIdentity identity;
  private final KubernetesClient primary;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("vnode-replica"));
  private final ExecutorService leaving =
      Executors.newCachedThreadPool(new DaemonThreads("vnode-leaving"));
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Map<Share, Standing> standings = new HashMap<>(); // guarded by this
  private final Set<Share> left = new HashSet<>(); // being given up; guarded by this
  private Configuration configuration; // guarded by this
  private @Nullable Attendance attendance; // guarded by this
  private Optional<String> primaryUid = Optional.empty(); // guarded by this
  private boolean asked; // which cluster the primary is; guarded by this
  private boolean closed; // guarded by this
  private boolean failing; // touched by the thread only

  /**
   * A replica that has contacted nothing yet.
   *
   * @throws IllegalArgumentException if the configuration does not say how replicas are elected
   */
  public Replica(Configuration configuration) {
    this.settings =
        configuration
            .replicas()
            .orElseThrow(() -> new IllegalArgumentException("nothing is said about replicas"));
    this.configuration = configuration;
    this.identity = new NodeIdentity(configuration.node().name());
    this.primary = ForwardingNode.primaryClient(configuration);
  }

  @Override
  public synchronized void start() {
    var unused =
        thread.scheduleWithFixedDelay(
            this::tryTurn, 0, settings.retryPeriod().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void tryTurn() {
    try {
      if (isThePrimary()) {
        turn(look());
      }
      failing = false;
    } catch (RuntimeException | LinkageError e) {
      if (!failing) {
        log.warn("What there is to run is not known: {}", e.getMessage());
      }
      failing = true;
    }
  }

  /** Looked at once, before anything is stood for. */
  private boolean isThePrimary() {
    synchronized (this) {
      if (asked) {
        return !ended.isCompletedExceptionally();
      }
    }
    var uid = ForwardingNode.clusterUid(primary);
    synchronized (this) {
      asked = true;
      if (!primaryUid.orElse(uid).equals(uid)) {
        ended.completeExceptionally(
            ForwardingNode.anotherPrimary(configuration, uid, primaryUid.get()));
        return false;
      }
      primaryUid = Optional.of(uid);
      return true;
    }
  }

  private Set<Share> look() {
    Configuration now;
    synchronized (this) {
      now = configuration;
    }
    boolean whole = primary.nodes().withName(identity.family()).get() != null;
    return Share.all(now, whole, unexpectedMembers(Share.expected(now)));
  }

  /** Of whose nodes the primary has any, beside those that are expected. */
  private Set<String> unexpectedMembers(List<String> expected) {
    var nodes =
        primary
            .nodes()
            .withLabel(NodeIdentity.FAMILY, identity.family())
            .withLabel(NodeIdentity.MEMBER);
    if (!expected.isEmpty()) {
      nodes = nodes.withLabelNotIn(NodeIdentity.MEMBER, expected.toArray(String[]::new));
    }
    return Pages.all(nodes::list).stream()
        .flatMap(node -> identity.scopeOf(node).flatMap(NodeIdentity::memberOf).stream())
        .collect(Collectors.toSet());
  }

  private synchronized void turn(Set<Share> wanted) {
    if (closed) {
      return;
    }
    if (attendance == null) {
      attendance =
          Attendance.join(
              primary.getConfiguration(),
              settings.namespace(),
              identity.family(),
              settings.renewDeadline());
    }
    var shares = wanted.stream().map(this::orWhatCovers).collect(Collectors.toSet());
    var led = new HashMap<Share, Boolean>();
    standings.forEach((share, standing) -> led.put(share, standing.leads()));
    var next = Apportionment.of(shares, led, attendance.present());
    next.leave().forEach(this::leave);
    standings.values().forEach(standing -> standing.setWilling(next.willing()));
    next.stand().stream()
        .filter(share -> !left.contains(share))
        .forEach(share -> stand(share, next.willing()));
  }

  /** To have less of the one share that all are in, a process would have to stop first. */
  private Share orWhatCovers(Share share) {
    return standings.keySet().stream()
        .filter(stood -> share.whole() && stood.covers(share))
        .findFirst()
        .orElse(share);
  }

  private void stand(Share share, boolean willing) {
    var standing =
        new Standing(
            share,
            configuration,
            primary.getConfiguration(),
            settings,
            primaryUid,
            ended::completeExceptionally);
    standings.put(share, standing);
    standing.start(willing);
  }

  private void leave(Share share) {
    var standing = standings.remove(share);
    if (standing == null) {
      return;
    }
    left.add(share);
    leaving.execute(
        () -> {
          try {
            standing.close();
          } finally {
            synchronized (this) {
              left.remove(share);
            }
          }
        });
  }

  @Override
  public synchronized void reload(Configuration newest) {
    configuration = newest;
    RuntimeException first = null;
    for (var standing : standings.values()) {
      try {
        standing.reload(newest);
      } catch (RuntimeException e) { // the others must not miss it
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }

  @Override
  public synchronized Optional<String> primaryUid() {
    return primaryUid;
  }

  @Override
  public synchronized void primaryMustBe(String uid) {
    primaryUid = Optional.of(uid);
  }

  @Override
  public CompletionStage<Void> ended() {
    return ended.copy();
  }

  @Override
  public void close() {
    Attendance present;
    synchronized (this) {
      closed = true;
      present = attendance;
      Set.copyOf(standings.keySet()).forEach(this::leave);
    }
    thread.shutdownNow();
    if (present != null) {
      present.close(); // at once: the others need not wait for what follows
    }
    leaving.shutdown();
    try {
      if (!leaving.awaitTermination(LONGEST_LEAVING.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("Leases could not be given up: others have them when they expire");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    primary.close();
    ended.complete(null);
  }
}
