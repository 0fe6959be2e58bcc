package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the virtual node would have to say at this moment, if it knew every cluster's state at once:
 * computed from scratch, in the plainest way, from the objects that the API servers show and the
 * rules of {@code ARCHITECTURE.md}, "What the node says it has".
 *
 * <p><b>Real room</b> is what the members' usable nodes have free, less what counted proxies ask
 * that have no place yet ("waiting"). A <em>counted</em> proxy is one that the primary's scheduler
 * subtracts: bound and not terminal. It has its <em>place</em> on the node of its delegate, from
 * binding there until the delegate is terminal or gone; before that on the node that its {@code
 * virtualnode.io/Delegate} condition names; a proxy whose delegate is over waits for nothing. One
 * that no node could take even if it were empty blocks nobody: it counts as waiting no more than as
 * used.
 *
 * <p>{@link #allocatable} is that room plus what the primary's scheduler subtracts by itself. A
 * proxy that has just been bound lowers real room at once, as it lowers the scheduler's own view;
 * when it gets its place, real room stays the same. So forwarding in itself changes nothing of it.
 *
 * <p>Not thread-safe.
 */
final class TrueRoom {

  private static final String INTENT = "virtualnode.io/Delegate";
  private static final String PROXY_UID = "virtualnode.io/proxy-uid";
  private static final String TOMBSTONE = "virtualnode.io/tombstone";

  private record NodeFact(Space allocatable, boolean usable, boolean admitted) {}

  private record PodFact(@Nullable String node, Space request, @Nullable String proxy) {}

  private record ProxyFact(Space request, @Nullable String intent) {}

  private final Map<String, NodeFact> nodes = new HashMap<>(); // by member/node
  private final Map<String, PodFact> pods = new HashMap<>(); // by UID; those that are not over
  private final Map<String, ProxyFact> counted = new HashMap<>(); // by UID
  private final Map<String, PodFact> delegates = new HashMap<>(); // by the proxy's UID
  private final Map<String, String> spent = new HashMap<>(); // proxy's UID: intent of the one over

  /** A member shows a node. */
  void node(String member, Node node) {
    var taints = node.getSpec().getTaints();
    boolean ready =
        node.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
    boolean open = taints.stream().allMatch(t -> t.getEffect().equals("PreferNoSchedule"));
    boolean passing =
        taints.stream()
            .filter(t -> !t.getEffect().equals("PreferNoSchedule"))
            .allMatch(t -> t.getKey().startsWith("node.kubernetes.io/"));
    boolean cordoned = Boolean.TRUE.equals(node.getSpec().getUnschedulable());
    nodes.put(
        member + "/" + node.getMetadata().getName(),
        new NodeFact(
            Space.of(node.getStatus().getAllocatable()), ready && open && !cordoned, passing));
  }

  /** A member no longer has a node. */
  void nodeGone(String member, Node node) {
    nodes.remove(member + "/" + node.getMetadata().getName());
  }

  /** A member shows a pod. */
  void pod(String member, Pod pod) {
    var metadata = pod.getMetadata();
    if (isOver(pod)) {
      podGone(pod);
      return;
    }
    var node = pod.getSpec().getNodeName();
    boolean ours =
        metadata.getLabels().containsKey(PROXY_UID) && !metadata.getLabels().containsKey(TOMBSTONE);
    var proxy = ours ? metadata.getLabels().get(PROXY_UID) : null;
    var fact = new PodFact(node == null ? null : member + "/" + node, Space.requestOf(pod), proxy);
    pods.put(metadata.getUid(), fact);
    if (proxy != null) {
      delegates.put(proxy, fact);
    }
  }

  /** A member no longer has a pod, or it is over. */
  void podGone(Pod pod) {
    var fact = pods.remove(pod.getMetadata().getUid());
    if (fact != null && fact.proxy() != null && delegates.remove(fact.proxy(), fact)) {
      var proxy = counted.get(fact.proxy());
      spent.put(fact.proxy(), proxy == null ? "" : String.valueOf(proxy.intent()));
    }
  }

  /** The primary shows a pod that is bound to the virtual node. */
  void proxy(Pod pod) {
    var uid = pod.getMetadata().getUid();
    if (isOver(pod)) {
      counted.remove(uid);
    } else {
      counted.put(uid, new ProxyFact(Space.requestOf(pod), intentOf(pod).orElse(null)));
    }
  }

  /** The primary no longer has a pod. */
  void proxyGone(Pod pod) {
    counted.remove(pod.getMetadata().getUid());
  }

  private static Optional<String> intentOf(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals(INTENT))
        .findFirst()
        .map(
            condition ->
                word(condition.getMessage(), "member=")
                    + "/"
                    + word(condition.getMessage(), "node="));
  }

  private static String word(String message, String prefix) {
    for (var word : message.split(" ", -1)) {
      if (word.startsWith(prefix)) {
        return word.substring(prefix.length());
      }
    }
    throw new AssertionError("no " + prefix + " in " + message);
  }

  static boolean isOver(Pod pod) {
    return Set.of("Succeeded", "Failed").contains(pod.getStatus().getPhase());
  }

  /** Whether the primary's scheduler counts the proxy. */
  boolean isCounted(String proxyUid) {
    return counted.containsKey(proxyUid);
  }

  /** Whether the proxy has a delegate on a node that is not over. */
  boolean holdsRoom(String proxyUid) {
    var delegate = delegates.get(proxyUid);
    return delegate != null && delegate.node() != null;
  }

  /** What the primary's scheduler subtracts. */
  Space bound() {
    return counted.values().stream().map(ProxyFact::request).reduce(Space.NONE, Space::plus);
  }

  /** What, less {@link #bound}, is the real room. */
  Space allocatable() {
    var used = new HashMap<String, Space>();
    pods.values().stream()
        .filter(pod -> pod.node() != null)
        .forEach(pod -> used.merge(String.valueOf(pod.node()), pod.request(), Space::plus));
    var placed = new HashSet<String>();
    var ours = Space.NONE;
    for (var entry : counted.entrySet()) {
      var uid = entry.getKey();
      var proxy = entry.getValue();
      var delegate = delegates.get(uid);
      if (delegate != null && delegate.node() != null) {
        placed.add(uid);
        ours = ours.plus(proxy.request().min(delegate.request()));
      } else if (proxy.intent() != null && !proxy.intent().equals(spent.get(uid))) {
        placed.add(uid);
        ours = ours.plus(proxy.request());
        used.merge(proxy.intent(), proxy.request(), Space::plus);
      }
    }
    return free(used).plus(ours).plus(hopeless(placed));
  }

  private Space free(Map<String, Space> used) {
    var free = Space.NONE;
    for (var entry : nodes.entrySet()) {
      if (entry.getValue().usable()) {
        var taken = used.getOrDefault(entry.getKey(), Space.NONE);
        free = free.plus(entry.getValue().allocatable().minus(taken).max(Space.NONE));
      }
    }
    return free;
  }

  /** What those ask for that wait and that no node could take. */
  private Space hopeless(Set<String> placed) {
    return counted.entrySet().stream()
        .filter(proxy -> !placed.contains(proxy.getKey()) && !spent.containsKey(proxy.getKey()))
        .map(proxy -> proxy.getValue().request())
        .filter(
            request ->
                nodes.values().stream()
                    .noneMatch(node -> node.admitted() && request.fitsIn(node.allocatable())))
        .reduce(Space.NONE, Space::plus);
  }
}
