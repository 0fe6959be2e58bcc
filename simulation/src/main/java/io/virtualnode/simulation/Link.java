package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.member.Freshness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One process's connection to one member: what {@code Member} is in the product, with its watches
 * simulated.
 *
 * <p>News of one object come in order, each perhaps twice; news of different objects in any order,
 * each at most the network's lag late. A cut loses what is under way; then everything is listed
 * anew, as it was when the list was asked for.
 */
final class Link implements Cluster.Watcher {

  static final int PROBES_PER_AGE = 4;
  private static final int RECONNECT_MILLIS = 800;

  /** Who is told what the watches show; as {@code MemberListener}. */
  interface Listener {
    void nodeSeen(MemberNode node);

    void nodeGone(NodeKey node);

    void podSeen(Link link, Run.Sighting pod);

    void podGone(Link link, Run.Sighting pod);

    void nodesListed(Link link, Set<String> names);

    void podsListed(Link link, Set<String> uids);

    void freshnessChanged(Link link);
  }

  final Cluster cluster;
  private final Agenda agenda;
  private final Network network;
  private final Listener listener;
  private final Freshness freshness;
  private final long maxAgeMillis;
  private final Map<String, NodeKey> nodes = new TreeMap<>(); // as the informer's store has them
  private final Map<String, Run.Sighting> pods = new TreeMap<>();
  private final Map<Object, Long> lastNews = new HashMap<>(); // when the last one comes, by object
  private int generation;
  private int listsMissing;
  private boolean connected;
  private boolean listedBefore;
  private boolean probing;
  private boolean closed;
  private boolean fresh;
  long freshSince = Run.NEVER;

  Link(Cluster cluster, Agenda agenda, Network network, long maxAgeMillis, Listener listener) {
    this.cluster = cluster;
    this.agenda = agenda;
    this.network = network;
    this.listener = listener;
    this.maxAgeMillis = maxAgeMillis;
    this.freshness = new Freshness(Duration.ofMillis(maxAgeMillis));
  }

  void start() {
    tick();
    connect();
  }

  void close() {
    closed = true;
    generation++;
    if (cluster.watcher == this) {
      cluster.watcher = null;
    }
  }

  boolean isFresh() {
    return fresh;
  }

  // --- freshness

  private void tick() {
    if (closed) {
      return;
    }
    judge();
    if (!probing) {
      probing = true;
      long askedAt = nanos();
      network.ask(cluster.reachable::get, false, () -> {}, ok -> answered(ok, askedAt));
    }
    agenda.in(maxAgeMillis / PROBES_PER_AGE, this::tick);
  }

  private void answered(boolean ok, long askedAt) {
    probing = false;
    if (closed) {
      return;
    }
    if (ok) {
      freshness.answered(askedAt);
    } else {
      freshness.failed();
    }
    judge();
  }

  private long nanos() {
    return TimeUnit.MILLISECONDS.toNanos(agenda.now());
  }

  private void judge() {
    boolean now = freshness.isFresh(connected && listsMissing == 0, nanos());
    if (now != fresh) {
      fresh = now;
      freshSince = now ? agenda.now() : Run.NEVER;
      listener.freshnessChanged(this);
    }
  }

  // --- watches

  /** The watches break; whatever is under way is lost. */
  void cut() {
    if (connected) {
      generation++;
      connected = false;
      cluster.watcher = null;
      agenda.in(network.delay() + RECONNECT_MILLIS / 4, this::connect);
    }
  }

  private void connect() {
    if (closed || connected) {
      return;
    }
    if (!cluster.reachable.get()) {
      agenda.in(RECONNECT_MILLIS, this::connect);
      return;
    }
    connected = true;
    cluster.watcher = this;
    listsMissing = 2;
    var machines = cluster.machines.values().stream().map(Machine::facts).toList();
    var sightings = cluster.pods.values().stream().map(Run::sighting).toList();
    lastNews.clear();
    news(NODES, () -> listedNodes(machines));
    news(PODS, () -> listedPods(sightings));
  }

  private static final Object NODES = "all nodes";
  private static final Object PODS = "all pods";

  private void listedNodes(List<MemberNode> list) {
    var before = new TreeMap<>(nodes);
    for (var node : list) {
      before.remove(node.key().node());
      seen(node);
    }
    before.values().forEach(this::gone);
    if (!listedBefore) {
      listener.nodesListed(this, Set.copyOf(nodes.keySet()));
    }
    listsMissing--;
  }

  private void listedPods(List<Run.Sighting> list) {
    var before = new TreeMap<>(pods);
    for (var pod : list) {
      before.remove(pod.uid());
      seen(pod);
    }
    new ArrayList<>(before.values()).forEach(this::gone);
    if (!listedBefore) {
      listener.podsListed(this, Set.copyOf(pods.keySet()));
      listedBefore = true;
    }
    listsMissing--;
  }

  private void seen(MemberNode node) {
    nodes.put(node.key().node(), node.key());
    listener.nodeSeen(node);
  }

  private void gone(NodeKey node) {
    if (nodes.remove(node.node()) != null) {
      listener.nodeGone(node);
    }
  }

  private void seen(Run.Sighting pod) {
    pods.put(pod.uid(), pod);
    listener.podSeen(this, pod);
  }

  private void gone(Run.Sighting pod) {
    if (pods.remove(pod.uid()) != null) {
      listener.podGone(this, pod);
    }
  }

  /** Comes once or twice, after all earlier news of the object and after the list. */
  private void news(Object object, Runnable what) {
    long floor = Math.max(last(object), object instanceof NodeKey ? last(NODES) : last(PODS));
    long at = Math.max(agenda.now() + network.delay(), floor);
    lastNews.put(object, at);
    int of = generation;
    int times = !object.equals(NODES) && !object.equals(PODS) && network.fails() ? 2 : 1;
    agenda.at(
        at,
        () -> {
          for (int i = 0; i < times; i++) {
            if (of == generation && cluster.reachable.get()) {
              what.run();
            }
          }
        });
  }

  private long last(Object object) {
    return lastNews.getOrDefault(object, 0L);
  }

  @Override
  public void changed(Machine machine) {
    var facts = machine.facts();
    news(machine.key, () -> seen(facts));
  }

  @Override
  public void gone(Machine machine) {
    news(machine.key, () -> gone(machine.key));
  }

  @Override
  public void changed(Run run) {
    var sighting = run.sighting();
    news(run.uid, () -> seen(sighting));
  }

  @Override
  public void gone(Run run) {
    var sighting = run.sighting();
    news(run.uid, () -> gone(sighting));
  }
}
