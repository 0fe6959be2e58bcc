package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Watchable;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/**
 * Watches the primary and the members with clients of its own, and keeps the history of what the
 * virtual node says and of what it would have to say ({@link TrueRoom}).
 *
 * <p>Every change is noted at the moment at which its watch tells of it, so that times are those of
 * one clock, late by what a watch takes (some milliseconds, more on a loaded machine).
 *
 * <p>Thread-safe.
 */
final class RoomWitness implements AutoCloseable {

  /**
   * A delegate has ended, and so has its proxy.
   *
   * @param late how long after its delegate the proxy was seen to be over; until then its room was
   *     free but not offered. Negative if the proxy was over first
   */
  record Release(String proxyUid, Duration late) {}

  private final List<KubernetesClient> clients = new ArrayList<>();
  private final List<Watch> watches = new ArrayList<>();
  private final List<WatcherException> faults = new CopyOnWriteArrayList<>();

  private final TrueRoom truth = new TrueRoom(); // guarded by this
  private final RoomHistory history = new RoomHistory(); // guarded by this
  private Space said = Space.NONE; // guarded by this
  private final Map<String, Long> delegateOver = new HashMap<>(); // guarded by this
  private final Map<String, Long> proxyOver = new HashMap<>(); // guarded by this
  private final List<Release> releases = new ArrayList<>(); // guarded by this
  private final Set<String> vanished = new HashSet<>(); // guarded by this
  private final Map<String, Set<String>> reasons = new TreeMap<>(); // guarded by this

  /** Begins to watch. */
  RoomWitness(LocalCluster primary, LocalCluster... members) {
    var client = connect(primary);
    watch(client.nodes().withName(Federation.NODE), this::said, (node, now) -> {});
    watch(
        client.pods().inAnyNamespace().withField("spec.nodeName", Federation.NODE),
        this::proxySeen,
        this::proxyGone);
    for (var member : members) {
      var name = member.name();
      var watched = connect(member);
      watch(
          watched.nodes(),
          (node, now) -> truth.node(name, node),
          (node, now) -> truth.nodeGone(name, node));
      watch(
          watched.pods().inAnyNamespace(),
          (pod, now) -> delegateChanges(pod, now, () -> truth.pod(name, pod)),
          (pod, now) -> delegateChanges(pod, now, () -> truth.podGone(pod)));
    }
  }

  private KubernetesClient connect(LocalCluster cluster) {
    var client = cluster.clientFor("witness", "system:masters");
    clients.add(client);
    return client;
  }

  private <T extends HasMetadata> void watch(
      Watchable<T> resources, BiConsumer<T, Long> seen, BiConsumer<T, Long> gone) {
    watches.add(
        resources.watch(
            new Watcher<T>() {
              @Override
              public void eventReceived(Action action, T object) {
                noted(object, action == Action.DELETED ? gone : seen);
              }

              @Override
              public void onClose(WatcherException cause) {
                faults.add(cause);
              }
            }));
  }

  private synchronized <T> void noted(T object, BiConsumer<T, Long> effect) {
    long now = System.nanoTime();
    effect.accept(object, now);
    history.add(now, said, truth.allocatable(), truth.bound());
  }

  private void said(Node node, long now) {
    said = Space.of(node.getStatus().getAllocatable());
  }

  private void proxySeen(Pod pod, long now) {
    var uid = pod.getMetadata().getUid();
    truth.proxy(pod);
    var reason = pod.getStatus().getReason();
    reasons.computeIfAbsent(reason == null ? "" : reason, r -> new HashSet<>()).add(uid);
    if (TrueRoom.isOver(pod) && proxyOver.putIfAbsent(uid, now) == null) {
      released(uid);
    }
  }

  private void proxyGone(Pod pod, long now) {
    var uid = pod.getMetadata().getUid();
    truth.proxyGone(pod);
    if (!proxyOver.containsKey(uid)) {
      vanished.add(uid);
    }
  }

  private void delegateChanges(Pod pod, long now, Runnable change) {
    var uid = pod.getMetadata().getLabels().getOrDefault("virtualnode.io/proxy-uid", "");
    boolean held = truth.holdsRoom(uid);
    change.run();
    if (held && !truth.holdsRoom(uid)) {
      delegateOver.put(uid, now);
      released(uid);
    }
  }

  /** One of the two is over. */
  private void released(String uid) {
    var proxy = proxyOver.get(uid);
    var delegate = delegateOver.get(uid);
    if (proxy != null && delegate != null) {
      releases.add(new Release(uid, Duration.ofNanos(proxy - delegate)));
    }
  }

  /** Whether the node says at this moment what it has to. */
  synchronized boolean isTrue() {
    check();
    return said.equals(truth.allocatable());
  }

  /** What has been seen so far. */
  synchronized RoomHistory history() {
    check();
    return history.copy();
  }

  /** The ends of proxies whose delegates ended as well, in order. */
  synchronized List<Release> releases() {
    return List.copyOf(releases);
  }

  /** The UIDs of proxies that went without an end: somebody deleted them by force. */
  synchronized Set<String> vanished() {
    return Set.copyOf(vanished);
  }

  /** How many proxies have shown each reason; the empty one is that of those without. */
  synchronized Map<String, Integer> reasons() {
    var counts = new TreeMap<String, Integer>();
    reasons.forEach((reason, uids) -> counts.put(reason, uids.size()));
    return counts;
  }

  private void check() {
    if (!faults.isEmpty()) {
      throw new AssertionError("the witness was blinded", faults.get(0));
    }
  }

  @Override
  public void close() {
    watches.forEach(Watch::close);
    clients.forEach(KubernetesClient::close);
  }
}
