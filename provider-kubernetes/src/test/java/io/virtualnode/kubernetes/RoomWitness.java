package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Watchable;
import io.virtualnode.kubernetes.RoomHistory.Said;
import io.virtualnode.kubernetes.TrueRoom.Nodes;
import io.virtualnode.kubernetes.TrueRoom.Pods;
import io.virtualnode.kubernetes.TrueRoom.Proxies;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  private static final String MEMBERS_FRESH = "virtualnode.io/MembersFresh";

  private final List<KubernetesClient> clients = new ArrayList<>();
  private final List<Watch> watches = new ArrayList<>();
  private final List<WatcherException> faults = new CopyOnWriteArrayList<>();

  private final RoomHistory history = new RoomHistory(); // guarded by this
  private TrueRoom room; // guarded by this
  private Said said = new Said(Space.NONE, Set.of()); // guarded by this
  private final Map<String, Long> delegateOver = new HashMap<>(); // guarded by this
  private final Map<String, Long> proxyOver = new HashMap<>(); // guarded by this
  private final List<Release> releases = new ArrayList<>(); // guarded by this
  private final Set<String> vanished = new HashSet<>(); // guarded by this
  private final Map<String, Set<String>> reasons = new TreeMap<>(); // guarded by this

  /** Begins to watch. */
  RoomWitness(LocalCluster primary, LocalCluster... members) {
    var parts = new ArrayList<TrueRoom.Part>(List.of(Proxies.none()));
    for (var member : members) {
      parts.add(Nodes.of(member.name()));
      parts.add(Pods.of(member.name()));
    }
    room = new TrueRoom(parts);
    var client = connect(primary);
    watch(client.nodes().withName(Federation.NODE), (action, node) -> said = saidBy(node));
    watch(
        client.pods().inAnyNamespace().withField("spec.nodeName", Federation.NODE),
        this::proxyChanged);
    for (int i = 0; i < members.length; i++) {
      int place = 1 + 2 * i;
      var watched = connect(members[i]);
      watch(watched.nodes(), (action, node) -> nodeChanged(place, action, node));
      watch(watched.pods().inAnyNamespace(), (action, pod) -> podChanged(place + 1, action, pod));
    }
  }

  private KubernetesClient connect(LocalCluster cluster) {
    var client = cluster.clientFor("witness", "system:masters");
    clients.add(client);
    return client;
  }

  private <T extends HasMetadata> void watch(Watchable<T> resources, BiConsumer<Action, T> effect) {
    watches.add(
        resources.watch(
            new Watcher<T>() {
              @Override
              public void eventReceived(Action action, T object) {
                synchronized (RoomWitness.this) {
                  effect.accept(action, object);
                  history.add(System.nanoTime(), said, room);
                }
              }

              @Override
              public void onClose(WatcherException cause) {
                faults.add(cause);
              }
            }));
  }

  private static Said saidBy(Node node) {
    var silent =
        node.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals(MEMBERS_FRESH) && c.getStatus().equals("False"))
            .flatMap(c -> Stream.of(c.getMessage().replaceFirst(".*: ", "").split(", ", -1)))
            .collect(Collectors.toSet());
    return new Said(Space.of(node.getStatus().getAllocatable()), silent);
  }

  private synchronized void nodeChanged(int place, Action action, Node node) {
    var nodes = (Nodes) room.parts().get(place);
    room = room.with(place, action == Action.DELETED ? nodes.without(node) : nodes.with(node));
  }

  private synchronized void podChanged(int place, Action action, Pod pod) {
    var pods = (Pods) room.parts().get(place);
    var changed = action == Action.DELETED ? pods.without(pod) : pods.with(pod);
    room = room.with(place, changed);
    var proxy = pod.getMetadata().getLabels().getOrDefault("virtualnode.io/proxy-uid", "");
    if (pods.holdsRoomOf(proxy) && !changed.holdsRoomOf(proxy)) {
      delegateOver.put(proxy, System.nanoTime());
      released(proxy);
    }
  }

  private synchronized void proxyChanged(Action action, Pod pod) {
    var proxies = (Proxies) room.parts().get(0);
    room = room.with(0, action == Action.DELETED ? proxies.without(pod) : proxies.with(pod));
    var uid = pod.getMetadata().getUid();
    var reason = pod.getStatus().getReason();
    reasons.computeIfAbsent(reason == null ? "" : reason, r -> new HashSet<>()).add(uid);
    if (TrueRoom.isOver(pod) && proxyOver.putIfAbsent(uid, System.nanoTime()) == null) {
      released(uid);
    } else if (action == Action.DELETED && !proxyOver.containsKey(uid)) {
      vanished.add(pod.getMetadata().getName());
    }
  }

  /** One of the two is over. */
  private synchronized void released(String uid) {
    var proxy = proxyOver.get(uid);
    var delegate = delegateOver.get(uid);
    if (proxy != null && delegate != null) {
      releases.add(new Release(uid, Duration.ofNanos(proxy - delegate)));
    }
  }

  /** Whether the node says at this moment what it has to. */
  synchronized boolean isTrue() {
    check();
    return said.equals(new Said(room.allocatable(Set.of()), Set.of()));
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

  /** The names of proxies that went without an end: somebody deleted them by force. */
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
