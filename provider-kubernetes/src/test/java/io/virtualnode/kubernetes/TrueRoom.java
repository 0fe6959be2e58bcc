package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the virtual node has to say where the clusters are as told: computed from scratch, in the
 * plainest way, from the objects that API servers show and the rules of {@code ARCHITECTURE.md},
 * "What the node says it has".
 *
 * <p><b>Real room</b> is what the members' usable nodes have free, less what counted proxies ask
 * that hold none of it. A <em>counted</em> proxy is one that the primary's scheduler subtracts:
 * bound and not terminal. It holds its room on the node of its delegate, from binding there until
 * the delegate is terminal or gone, and before that on the node that its {@code
 * virtualnode.io/Delegate} condition names. So those are subtracted that have been bound and not
 * been placed yet, those that wait for room, and those whose delegates are over until their own end
 * is written: how long that takes is measured by itself, see {@link RoomWitness.Release}. Not
 * subtracted is one that no node could take even if it were empty: it blocks nobody.
 *
 * <p>{@link #allocatable} is that room plus what the primary's scheduler subtracts by itself
 * ({@link #bound}). A proxy's binding lowers real room at once, as it lowers the scheduler's own
 * view; when it is placed, created and started, real room stays the same. So forwarding in itself
 * changes nothing of {@code allocatable}.
 *
 * @param parts what each watch has told so far: immutable, so that a past state, or one put
 *     together of the states of several watches at different times, can be looked at as well
 */
record TrueRoom(List<Part> parts) {

  private static final String INTENT = "virtualnode.io/Delegate";
  private static final String PROXY_UID = "virtualnode.io/proxy-uid";

  /** What one watch has told. */
  sealed interface Part {}

  private record NodeFact(Space allocatable, boolean usable, boolean admitted) {}

  private record PodFact(@Nullable String node, Space request, @Nullable String proxy) {}

  private record ProxyFact(Space request, @Nullable String intent) {}

  /** The nodes of a member, by member and name. */
  record Nodes(String member, Map<String, NodeFact> facts) implements Part {

    static Nodes of(String member) {
      return new Nodes(member, Map.of());
    }

    Nodes with(Node node) {
      var blocking =
          node.getSpec().getTaints().stream()
              .filter(taint -> !taint.getEffect().equals("PreferNoSchedule"))
              .toList();
      boolean ready =
          node.getStatus().getConditions().stream()
              .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
      boolean cordoned = Boolean.TRUE.equals(node.getSpec().getUnschedulable());
      boolean passing =
          blocking.stream().allMatch(t -> t.getKey().startsWith("node.kubernetes.io/"));
      var fact =
          new NodeFact(
              Space.of(node.getStatus().getAllocatable()),
              ready && blocking.isEmpty() && !cordoned,
              passing);
      return new Nodes(
          member, TrueRoom.with(facts, member + "/" + node.getMetadata().getName(), fact));
    }

    Nodes without(Node node) {
      var changed = new HashMap<>(facts);
      changed.remove(member + "/" + node.getMetadata().getName());
      return new Nodes(member, changed);
    }
  }

  /**
   * The pods of a member that are not over, by UID, and the proxies whose delegates there were on a
   * node and are over.
   */
  record Pods(String member, Map<String, PodFact> facts, Set<String> over) implements Part {

    /** Proxies end soon after their delegates: the last ones are enough. */
    private static final int OVER_KEPT = 100;

    static Pods of(String member) {
      return new Pods(member, Map.of(), Set.of());
    }

    Pods with(Pod pod) {
      if (isOver(pod) || isTakenBack(pod)) {
        return without(pod);
      }
      var metadata = pod.getMetadata();
      var labels = metadata.getLabels();
      var node = pod.getSpec().getNodeName();
      var fact =
          new PodFact(
              node == null ? null : member + "/" + node,
              Space.requestOf(pod),
              labels.get(PROXY_UID));
      return new Pods(member, TrueRoom.with(facts, metadata.getUid(), fact), over);
    }

    Pods without(Pod pod) {
      var changed = new HashMap<>(facts);
      var fact = changed.remove(pod.getMetadata().getUid());
      if (fact == null) {
        return this;
      }
      var changedOver = over;
      if (fact.proxy() != null && fact.node() != null) {
        changedOver = new LinkedHashSet<>(over);
        changedOver.add(fact.proxy());
        if (changedOver.size() > OVER_KEPT) {
          changedOver.remove(changedOver.iterator().next());
        }
      }
      return new Pods(member, changed, changedOver);
    }

    /** Whether a delegate of the proxy has room here. */
    boolean holdsRoomOf(String proxyUid) {
      return facts.values().stream()
          .anyMatch(pod -> proxyUid.equals(pod.proxy()) && pod.node() != null);
    }
  }

  /** The counted proxies, by UID. */
  record Proxies(Map<String, ProxyFact> facts) implements Part {

    static Proxies none() {
      return new Proxies(Map.of());
    }

    Proxies with(Pod pod) {
      if (isOver(pod)) {
        return without(pod);
      }
      var fact = new ProxyFact(Space.requestOf(pod), intentOf(pod));
      return new Proxies(TrueRoom.with(facts, pod.getMetadata().getUid(), fact));
    }

    Proxies without(Pod pod) {
      var changed = new HashMap<>(facts);
      changed.remove(pod.getMetadata().getUid());
      return new Proxies(changed);
    }

    private static @Nullable String intentOf(Pod pod) {
      for (var condition : pod.getStatus().getConditions()) {
        if (condition.getType().equals(INTENT)) {
          return word(condition.getMessage(), "member=")
              + "/"
              + word(condition.getMessage(), "node=");
        }
      }
      return null;
    }

    private static String word(String message, String prefix) {
      return Stream.of(message.split(" ", -1))
          .filter(word -> word.startsWith(prefix))
          .map(word -> word.substring(prefix.length()))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + prefix + " in " + message));
    }
  }

  private static <T> Map<String, T> with(Map<String, T> facts, String key, T fact) {
    if (fact.equals(facts.get(key))) {
      return facts;
    }
    var changed = new HashMap<>(facts);
    changed.put(key, fact);
    return changed;
  }

  /** Whether it was deleted while it was on no node: it never comes to be on one. */
  private static boolean isTakenBack(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() != null && pod.getSpec().getNodeName() == null;
  }

  static boolean isOver(Pod pod) {
    return Set.of("Succeeded", "Failed").contains(pod.getStatus().getPhase());
  }

  /** The same with something else in one place. */
  TrueRoom with(int place, Part part) {
    var changed = new ArrayList<>(parts);
    changed.set(place, part);
    return new TrueRoom(List.copyOf(changed));
  }

  private <T extends Part> Stream<T> all(Class<T> kind) {
    return parts.stream().filter(kind::isInstance).map(kind::cast);
  }

  private Stream<Map.Entry<String, ProxyFact>> counted() {
    return all(Proxies.class).flatMap(proxies -> proxies.facts().entrySet().stream());
  }

  /** What the primary's scheduler subtracts. */
  Space bound() {
    return counted().map(proxy -> proxy.getValue().request()).reduce(Space.NONE, Space::plus);
  }

  /**
   * What, less {@link #bound}, is the real room.
   *
   * @param silent the members that are not heard of: they have nothing to offer but what is there
   *     for the proxies that they have
   */
  Space allocatable(Set<String> silent) {
    var used = new HashMap<String, Space>();
    var delegates = new HashMap<String, PodFact>();
    all(Pods.class)
        .flatMap(pods -> pods.facts().values().stream())
        .filter(pod -> pod.node() != null)
        .forEach(
            pod -> {
              used.merge(String.valueOf(pod.node()), pod.request(), Space::plus);
              if (pod.proxy() != null) {
                delegates.put(pod.proxy(), pod);
              }
            });
    var over = new HashSet<String>();
    all(Pods.class).forEach(pods -> over.addAll(pods.over()));
    var added = new ArrayList<Space>(); // what is there for the proxies that are subtracted
    counted()
        .forEach(
            entry -> {
              var proxy = entry.getValue();
              var delegate = delegates.get(entry.getKey());
              if (delegate != null) {
                added.add(proxy.request().min(delegate.request()));
              } else if (over.contains(entry.getKey())) {
                return; // its room is free already
              } else if (proxy.intent() != null) {
                added.add(proxy.request());
                used.merge(proxy.intent(), proxy.request(), Space::plus);
              } else if (fitsNoNode(proxy.request())) {
                added.add(proxy.request());
              }
            });
    return added.stream().reduce(free(used, silent), Space::plus);
  }

  private Space free(Map<String, Space> used, Set<String> silent) {
    return all(Nodes.class)
        .filter(nodes -> !silent.contains(nodes.member()))
        .flatMap(nodes -> nodes.facts().entrySet().stream())
        .filter(node -> node.getValue().usable())
        .map(
            node ->
                node.getValue()
                    .allocatable()
                    .minus(used.getOrDefault(node.getKey(), Space.NONE))
                    .max(Space.NONE))
        .reduce(Space.NONE, Space::plus);
  }

  private boolean fitsNoNode(Space request) {
    return nodes()
        .map(Map.Entry::getValue)
        .noneMatch(node -> node.admitted() && request.fitsIn(node.allocatable()));
  }

  private Stream<Map.Entry<String, NodeFact>> nodes() {
    return all(Nodes.class).flatMap(nodes -> nodes.facts().entrySet().stream());
  }
}
