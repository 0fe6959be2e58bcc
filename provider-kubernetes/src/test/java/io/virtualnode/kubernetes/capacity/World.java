package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What really is, told to a ledger late, twice, and in any order but that of one object; {@link
 * Truth} is what the ledger must offer once all is told.
 */
final class World {

  private static final String[] MEMBERS = {"a", "b", "c"};
  private static final String[] RESOURCES = {"cpu", "memory", "gpu"};

  private static final int NODES = 3; // of each member

  final Map<String, Cluster> clusters = new TreeMap<>();
  final Map<String, Proxy> proxies = new TreeMap<>();
  final Map<String, Claim> claims = new LinkedHashMap<>(); // by pod, oldest first
  private final Random random;
  private final Ledger ledger;
  private int topology;
  private final Map<String, Deque<Runnable>> news = new LinkedHashMap<>(); // by object
  private int lastUid;

  static final class Cluster {
    boolean fresh;
    boolean retired;
    boolean draining;
    @Nullable Resources quota;
    final Map<String, MemberNode> nodes = new TreeMap<>();
    final Map<String, MemberPod> pods = new TreeMap<>();
  }

  static final class Proxy {
    final String uid;
    final Scope scope;
    Resources request;
    boolean counted = true;
    boolean credited;
    @Nullable NodeKey reserved;
    Resources reservedRequest = Resources.NONE;
    private @Nullable String delegate; // which took the reservation

    private Proxy(String uid, Resources request, Scope scope) {
      this.uid = uid;
      this.request = request;
      this.scope = scope;
    }
  }

  /** What is to be collected for a pod that is not bound yet. */
  record Claim(NodeKey node, Resources request) {}

  /** A delegate and the member it is in. */
  private record Found(String member, MemberPod pod) {}

  World(long seed, Ledger ledger) {
    this.random = new Random(seed);
    this.ledger = ledger;
    this.topology = random.nextInt(3);
    for (var member : MEMBERS) {
      clusters.put(member, new Cluster());
    }
  }

  // --- what happens

  void happen() {
    switch (random.nextInt(24)) {
      case 0, 1 -> nodeChanges();
      case 2 -> nodeGoes();
      case 3 -> freshnessChanges();
      case 4 -> quotaChanges();
      case 5, 6 -> foreignPodComes();
      case 7 -> podIsBound();
      case 8, 9, 10 -> podEnds();
      case 11, 12, 13 -> proxyComes();
      case 14 -> proxyIsResized();
      case 15 -> proxyGoes();
      case 16, 17 -> proxyIsPlaced();
      case 18 -> proxyIsCredited();
      case 19 -> retirementChanges();
      case 20, 21 -> claimChanges();
      case 22 -> topologyChanges();
      default -> strayOrLoss();
    }
  }

  private void nodeChanges() {
    var member = anyMember();
    var name = "n" + random.nextInt(NODES);
    var allocatable = new TreeMap<String, Long>();
    for (var resource : RESOURCES) {
      if (random.nextInt(5) > 0) {
        allocatable.put(resource, (long) random.nextInt(12));
      }
    }
    boolean usable = random.nextInt(4) > 0;
    var node =
        new MemberNode(
            new NodeKey(member, name),
            Resources.of(allocatable),
            true,
            usable ? "" : "node(s) were unschedulable",
            Map.of(),
            List.of());
    cluster(member).nodes.put(name, node);
    tell("node " + member + "/" + name, () -> ledger.setNode(node));
  }

  private void nodeGoes() {
    var member = anyMember();
    var name = "n" + random.nextInt(NODES);
    cluster(member).nodes.remove(name);
    tell("node " + member + "/" + name, () -> ledger.removeNode(new NodeKey(member, name)));
  }

  private void freshnessChanges() {
    var member = anyMember();
    boolean fresh = random.nextInt(3) > 0;
    cluster(member).fresh = fresh;
    tell("freshness " + member, () -> ledger.setFresh(member, fresh));
  }

  private void quotaChanges() {
    var member = anyMember();
    var quota =
        random.nextBoolean() ? null : Resources.of(Map.of("cpu", (long) random.nextInt(20)));
    cluster(member).quota = quota;
    tell("quota " + member, () -> ledger.setQuota(member, Optional.ofNullable(quota)));
  }

  private void retirementChanges() {
    var member = anyMember();
    if (random.nextBoolean()) {
      boolean draining = random.nextInt(3) == 0;
      cluster(member).draining = draining;
      tell("draining " + member, () -> ledger.setDraining(member, draining));
      return;
    }
    boolean retired = random.nextInt(3) == 0;
    cluster(member).retired = retired;
    tell("retirement " + member, () -> ledger.setRetired(member, retired));
  }

  /** A wide pod's slot is collected, elsewhere, or no more; at once in the ledger. */
  private void claimChanges() {
    var known = any(List.copyOf(claims.keySet()));
    if (known != null && random.nextInt(3) == 0) {
      claims.remove(known);
      ledger.unwithhold(known);
      return;
    }
    var proxy = anyProxy();
    var uid = known != null && random.nextBoolean() ? known : "wide" + ++lastUid;
    if (proxy != null && random.nextInt(3) == 0 && isTold(proxy) && slotOf(proxy) == null) {
      uid = proxy.uid; // bound, but not placed yet
    }
    var claim = new Claim(anyNode(), anyRequest().plus(anyRequest()));
    if (!claim.equals(claims.get(uid))) {
      claims.remove(uid);
      claims.put(uid, claim);
    }
    ledger.withhold(uid, claim.node, claim.request);
  }

  /** One for whose pod a slot was collected is bound, if there is any; else a new one. */
  private String nextProxy() {
    var wide = claims.keySet().stream().filter(uid -> !proxies.containsKey(uid)).findFirst();
    return wide.isPresent() && random.nextBoolean() ? wide.get() : "proxy" + ++lastUid;
  }

  /** Another process serves the same pods: what it does not ask for offers nothing new. */
  private void topologyChanges() {
    if (random.nextInt(4) > 0) {
      return;
    }
    topology = random.nextInt(3);
    var asked = askedFor();
    for (var scope : allScopes()) {
      ledger.setClosed(scope, !asked.contains(scope));
    }
  }

  /** What the virtual nodes stand for that there are to be. */
  List<Scope> askedFor() {
    return switch (topology) {
      case 0 -> List.of(Scope.WHOLE);
      case 1 -> Stream.of(MEMBERS).<Scope>map(Scope.OfMember::new).toList();
      default -> allNodes().stream().<Scope>map(Scope.OfNode::new).toList();
    };
  }

  /** Every node that there could be. */
  static List<NodeKey> allNodes() {
    return Stream.of(MEMBERS)
        .flatMap(member -> IntStream.range(0, NODES).mapToObj(n -> new NodeKey(member, "n" + n)))
        .toList();
  }

  /** Those, and what the pods there are were bound to. */
  Set<Scope> allScopes() {
    var scopes = new LinkedHashSet<>(askedFor());
    proxies.values().forEach(proxy -> scopes.add(proxy.scope));
    return scopes;
  }

  private Scope anyScope() {
    return switch (topology) {
      case 0 -> Scope.WHOLE;
      case 1 -> new Scope.OfMember(anyMember());
      default -> new Scope.OfNode(anyNode());
    };
  }

  private NodeKey anyNode() {
    return new NodeKey(anyMember(), "n" + random.nextInt(NODES));
  }

  private void foreignPodComes() {
    var node = random.nextInt(4) == 0 ? null : "n" + random.nextInt(NODES);
    putPod(anyMember(), newPod(node, anyRequest(), Optional.empty()));
  }

  private void podIsBound() {
    var found = any(allPods());
    if (found != null && found.pod.node().isEmpty()) {
      var pod = found.pod;
      // Where placement wanted it, or wherever the member's scheduler liked.
      var proxy = pod.proxyUid().map(proxies::get).orElse(null);
      var wanted = proxy == null ? null : proxy.reserved;
      boolean asWanted =
          wanted != null && random.nextInt(3) > 0 && wanted.member().equals(found.member);
      var node = wanted != null && asWanted ? wanted.node() : "n" + random.nextInt(NODES);
      putPod(
          found.member,
          new MemberPod(
              pod.uid(), Optional.of(node), pod.request(), pod.proxyUid(), pod.underQuota()));
      endWait(pod);
    }
  }

  private void podEnds() {
    var found = any(allPods());
    if (found == null) {
      return;
    }
    var uid = found.pod.uid();
    cluster(found.member).pods.remove(uid);
    tell("pod " + found.member + "/" + uid, () -> ledger.removePod(found.member, uid));
    found
        .pod
        .proxyUid()
        .map(proxies::get)
        .filter(p -> uid.equals(p.delegate))
        .ifPresent(this::free);
  }

  private void proxyComes() {
    var proxy = new Proxy(nextProxy(), anyRequest(), anyScope());
    proxies.put(proxy.uid, proxy);
    var request = proxy.request;
    tell(proxy.uid, () -> ledger.count(proxy.uid, request, proxy.scope));
    if (random.nextInt(4) == 0) { // found after a restart: its delegate is already there
      var node = random.nextInt(5) == 0 ? null : "n" + random.nextInt(NODES);
      var pod = newPod(node, seenRequest(proxy.request), Optional.of(proxy.uid));
      putPod(anyMember(), pod);
      if (node != null) {
        endWait(pod);
      }
    }
  }

  private void proxyIsResized() {
    var proxy = anyProxy();
    if (proxy != null && proxy.counted) {
      var request = anyRequest();
      proxy.request = request;
      tell(proxy.uid, () -> ledger.count(proxy.uid, request, proxy.scope));
    }
  }

  private void proxyGoes() {
    var proxy = anyProxy();
    if (proxy != null && proxy.counted) {
      proxy.counted = false;
      proxy.credited = false;
      tell(proxy.uid, () -> ledger.uncount(proxy.uid));
    }
  }

  /** Placement: at once in the ledger, as its owner does, if there is room by what it knows. */
  private void proxyIsPlaced() {
    var proxy = anyProxy();
    if (proxy == null
        || !proxy.counted
        || proxy.reserved != null
        || !delegatesOf(proxy).isEmpty()
        || !isTold(proxy)) {
      return;
    }
    var rooms = new ArrayList<NodeKey>();
    ledger.forEachUsable(
        room -> {
          if (proxy.request.fitsInto(room.free())) {
            rooms.add(room.node().key());
          }
        });
    rooms.sort((left, right) -> left.toString().compareTo(right.toString()));
    var node = any(rooms);
    if (node == null) {
      return;
    }
    ledger.reserve(proxy.uid, node);
    proxy.reserved = node;
    proxy.reservedRequest = proxy.request;
    proxy.credited = false;
    claims.remove(proxy.uid);
    if (random.nextInt(8) == 0) { // the member refuses it
      free(proxy);
      tell(proxy.uid, () -> ledger.release(proxy.uid));
    } else {
      var pod = newPod(null, seenRequest(proxy.request), Optional.of(proxy.uid));
      proxy.delegate = pod.uid();
      putPod(node.member(), pod);
    }
  }

  private void proxyIsCredited() {
    var proxy = anyProxy();
    if (proxy != null && proxy.counted && isTold(proxy) && slotOf(proxy) == null) {
      proxy.credited = random.nextInt(3) > 0;
      ledger.credit(proxy.uid, proxy.credited);
    }
  }

  private void strayOrLoss() {
    if (random.nextInt(3) > 0) {
      var proxy = anyProxy();
      var member = anyMember();
      if (proxy != null && (proxy.reserved == null || !proxy.reserved.member().equals(member))) {
        var pod = newPod("n" + random.nextInt(NODES), anyRequest(), Optional.of(proxy.uid));
        putPod(member, pod);
        endWait(pod);
      }
      return;
    }
    var member = anyMember();
    clusters.put(member, new Cluster());
    for (var object : List.copyOf(news.keySet())) {
      if (object.contains(" " + member)) {
        requireNonNull(news.remove(object)).forEach(Runnable::run);
      }
    }
    ledger.removeMember(member);
    claims.values().removeIf(claim -> claim.node.member().equals(member));
    for (var proxy : proxies.values()) {
      if (proxy.reserved != null && proxy.reserved.member().equals(member)) {
        free(proxy);
      }
    }
  }

  private void free(Proxy proxy) {
    proxy.reserved = null;
    proxy.delegate = null;
  }

  private void endWait(MemberPod pod) {
    pod.proxyUid().map(proxies::get).ifPresent(proxy -> proxy.credited = false);
    pod.proxyUid().ifPresent(claims::remove);
  }

  // --- what is told

  private void tell(String object, Runnable news) {
    this.news.computeIfAbsent(object, o -> new ArrayDeque<>()).add(news);
  }

  /** Tells the ledger one thing, perhaps twice; returns whether anything was left to tell. */
  boolean tellOne() {
    var object = any(List.copyOf(news.keySet()));
    if (object == null) {
      return false;
    }
    var queue = requireNonNull(news.get(object));
    var one = queue.remove();
    one.run();
    if (random.nextInt(5) == 0) {
      one.run();
    }
    if (queue.isEmpty()) {
      news.remove(object);
    }
    return true;
  }

  private boolean isTold(Proxy proxy) {
    return !news.containsKey(proxy.uid)
        && news.keySet().stream().noneMatch(object -> object.endsWith(" of " + proxy.uid));
  }

  // --- what is

  /** The pod, existing or to come, that holds a proxy's slot. */
  @Nullable MemberPod slotOf(Proxy proxy) {
    if (proxy.reserved != null) {
      var delegate = cluster(proxy.reserved.member()).pods.get(String.valueOf(proxy.delegate));
      return delegate != null
          ? delegate
          : new MemberPod(
              "none", Optional.empty(), proxy.reservedRequest, Optional.of(proxy.uid), true);
    }
    return delegatesOf(proxy).stream()
        .filter(found -> found.pod.node().isPresent())
        .min((l, r) -> (l.member + "/" + l.pod.uid()).compareTo(r.member + "/" + r.pod.uid()))
        .map(found -> found.pod)
        .orElse(null);
  }

  private List<Found> delegatesOf(Proxy proxy) {
    return allPods().stream()
        .filter(found -> found.pod.proxyUid().filter(proxy.uid::equals).isPresent())
        .toList();
  }

  // --- chance

  private List<Found> allPods() {
    var result = new ArrayList<Found>();
    clusters.forEach((name, c) -> c.pods.values().forEach(pod -> result.add(new Found(name, pod))));
    return result;
  }

  private void putPod(String member, MemberPod pod) {
    cluster(member).pods.put(pod.uid(), pod);
    tell("pod " + member + "/" + pod.uid(), () -> ledger.setPod(member, pod));
  }

  /** Its UID names the proxy, so that what is still untold of a proxy's delegates can be found. */
  private MemberPod newPod(@Nullable String node, Resources request, Optional<String> proxy) {
    var uid = "pod" + ++lastUid + proxy.map(name -> " of " + name).orElse("");
    return new MemberPod(uid, Optional.ofNullable(node), request, proxy, true);
  }

  private Resources anyRequest() {
    return Resources.of(
        random.nextInt(4) == 0
            ? Map.of("cpu", (long) random.nextInt(4), "gpu", (long) random.nextInt(3))
            : Map.of("cpu", (long) random.nextInt(4), "memory", (long) random.nextInt(4)));
  }

  /** As requested, or as a webhook of the member made it. */
  private Resources seenRequest(Resources requested) {
    return random.nextInt(4) == 0 ? anyRequest() : requested;
  }

  Cluster cluster(String member) {
    var cluster = clusters.get(member);
    if (cluster == null) {
      throw new AssertionError("no member " + member);
    }
    return cluster;
  }

  private String anyMember() {
    return MEMBERS[random.nextInt(MEMBERS.length)];
  }

  private @Nullable Proxy anyProxy() {
    return any(List.copyOf(proxies.values()));
  }

  private <T> @Nullable T any(List<T> items) {
    return items.isEmpty() ? null : items.get(random.nextInt(items.size()));
  }
}
