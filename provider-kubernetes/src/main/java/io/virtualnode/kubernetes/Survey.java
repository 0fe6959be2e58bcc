package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.account.Offers;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.Topology;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.Explanation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One look at all clusters: the account as {@code vnode run} would keep it at this moment, from
 * reading only. Nothing is changed in any cluster, and no running process is asked.
 *
 * <p>What only a running process knows is not in it: which pods wait in which order, and what is
 * collected for pods that are not bound yet.
 *
 * <p>Thread-safe.
 */
public final class Survey implements AutoCloseable {

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("vnode-survey"));
  private final Forwardings forwardings = new Forwardings();
  private final Account account;
  private final Members members;
  private final Clusters clusters;
  private final Renaming renaming;
  private final DelegatePod translation;
  private final CountDownLatch awaited;
  private final Map<String, Scope> virtualNodes = new TreeMap<>(); // filled before it is shared

  /**
   * One node's line of the account.
   *
   * @param obstacle why it takes no pods now; empty if it takes some
   */
  public record NodeLine(NodeKey node, String obstacle, Ledger.NodeUse use) {}

  private Survey(
      Configuration configuration,
      String primaryUid,
      Function<MemberSettings, KubernetesClient> clients) {
    var ownership = new Ownership(primaryUid, configuration.node().name());
    this.translation = translation(ownership, configuration.node());
    // Nothing is placed and nothing offered: the account is only read.
    this.account =
        new Account(
            task -> {},
            configuration.placement().strategy(),
            Offers.ofWhole(offer -> {}),
            (proxy, decision) -> {});
    this.awaited = new CountDownLatch(configuration.members().size());
    this.members =
        new Members(
            clients,
            new MemberEvents(
                ownership,
                configuration.node().topology() == Topology.PER_NODE,
                account,
                new MemberNodes(),
                forwardings,
                new Effects()),
            timer);
    this.clusters = new Clusters(members);
    this.renaming = new Renaming(members, forwardings, account, former -> {});
  }

  /**
   * Looks at all clusters; members that do not answer in time count as not fresh.
   *
   * @param primary a client of the primary; stays the caller's
   * @param clients makes a client for a member, which the survey closes
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if the primary cannot be read
   */
  public static Survey take(
      Configuration configuration,
      KubernetesClient primary,
      Function<MemberSettings, KubernetesClient> clients,
      Duration timeout)
      throws InterruptedException {
    var uid = ForwardingNode.clusterUid(primary);
    var survey = new Survey(configuration, uid, clients);
    var proxies = new Proxies(survey.account, survey.forwardings, survey.renaming::resolve);
    var present = ForwardingNode.virtualNodes(primary);
    survey.virtualNodes.putAll(nodes(configuration, present));
    survey.drain(configuration, present);
    survey.closeThoseNotAskedFor(configuration);
    boundTo(survey.virtualNodes.keySet(), primary)
        .forEach(pod -> proxies.observed(pod, survey.scopeOf(pod)));
    survey.account.setWeights(
        configuration.members().stream()
            .collect(Collectors.toMap(MemberSettings::name, MemberSettings::weight)));
    survey.members.configure(configuration.members(), configuration.maxAge());
    survey.awaitMembers(timeout);
    return survey;
  }

  private void drain(Configuration configuration, List<Node> present) {
    var marked =
        present.stream()
            .filter(node -> virtualNodes.containsKey(node.getMetadata().getName()))
            .flatMap(node -> DrainMark.on(node).stream());
    var configured =
        configuration.members().stream().filter(MemberSettings::drain).map(MemberSettings::name);
    Stream.concat(marked, configured)
        .forEach(name -> account.update(ledger -> ledger.setDraining(name, true)));
  }

  private void closeThoseNotAskedFor(Configuration configuration) {
    virtualNodes.values().stream()
        .filter(scope -> !TopologyPlan.knows(configuration.node(), configuration.members(), scope))
        .forEach(scope -> account.update(ledger -> ledger.setClosed(scope, true)));
  }

  /** Those that are not there in time are named by {@link #stale}. */
  private void awaitMembers(Duration timeout) throws InterruptedException {
    var unused = awaited.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The pods that are bound to one of the nodes. */
  static List<Pod> boundTo(Set<String> nodes, KubernetesClient primary) {
    var all = primary.pods().inAnyNamespace();
    var bound =
        nodes.size() == 1
            ? all.withField("spec.nodeName", nodes.iterator().next())
            : all.withoutField("spec.nodeName", "");
    var pods = Pages.all(bound::list);
    pods.removeIf(pod -> !nodes.contains(pod.getSpec().getNodeName()));
    return pods;
  }

  /**
   * What each virtual node of the configuration stands for that the primary has, by its name.
   *
   * @param present all virtual nodes that the primary has
   */
  static Map<String, Scope> nodes(Configuration configuration, List<Node> present) {
    var settings = configuration.node();
    var identity = new NodeIdentity(settings.name());
    var scopes = new TreeMap<String, Scope>();
    for (var node : present) {
      identity.scopeOf(node).ifPresent(scope -> scopes.put(node.getMetadata().getName(), scope));
    }
    if (settings.topology() == Topology.AGGREGATE) {
      scopes.put(settings.name(), Scope.WHOLE);
    }
    return scopes;
  }

  /** How proxies of that node become delegates. */
  static DelegatePod translation(Ownership ownership, NodeSettings node) {
    var labels = new HashMap<>(node.labels());
    labels.put("type", "virtual-kubelet");
    return new DelegatePod(
        ownership,
        labels,
        node.taints().stream().map(taint -> taint.getKey()).collect(Collectors.toSet()));
  }

  /** The members whose present state could not be seen, sorted. */
  public List<String> stale() {
    return members.all().stream()
        .filter(member -> !member.isFresh())
        .map(Member::name)
        .sorted()
        .toList();
  }

  /** What the allocatable is of each virtual node that the primary has, by its name. */
  public SortedMap<String, Resources> offers() {
    var offers = new TreeMap<String, Resources>();
    virtualNodes.forEach(
        (name, scope) -> offers.put(name, account.read(ledger -> ledger.offer(scope))));
    return offers;
  }

  /** Every member node's line, by member and node. */
  public List<NodeLine> nodes() {
    var lines = new ArrayList<NodeLine>();
    account.read(
        ledger -> {
          ledger.forEachRoom(
              room ->
                  ledger
                      .use(room.key())
                      .ifPresent(use -> lines.add(new NodeLine(room.key(), room.obstacle(), use))));
          return lines;
        });
    lines.sort(
        Comparator.comparing((NodeLine line) -> line.node().member())
            .thenComparing(line -> line.node().node()));
    return lines;
  }

  /** Why nodes do not take a pod, or which do; the same words that the pod shows while it waits. */
  public Explanation explain(Pod pod) {
    return account.explain(demand(pod));
  }

  /** The node that the pod would get if it were placed now; empty if none has room. */
  public Optional<NodeKey> choice(Pod pod) {
    return account.choice(demand(pod));
  }

  /** Where the pod's slot is: on the node of its delegate, or the one chosen for it. */
  public Optional<NodeKey> slot(Pod pod) {
    return account.read(ledger -> ledger.slot(PodKey.of(pod).uid()));
  }

  private Demand demand(Pod pod) {
    return Placing.demand(pod, translation).within(scopeOf(pod));
  }

  /** What its virtual node stands for; a pod that is not bound may go anywhere. */
  private Scope scopeOf(Pod pod) {
    var node = pod.getSpec().getNodeName();
    return virtualNodes.getOrDefault(node == null ? "" : node, Scope.WHOLE);
  }

  @Override
  public void close() {
    members.close();
    timer.shutdown();
  }

  /** Only what is known of the members matters, nothing follows from it. */
  private final class Effects implements MemberEvents.Effects {

    @Override
    public Optional<String> identified(Member member, ClusterIdentity identity) {
      var verdict = clusters.claim(member, identity);
      if (verdict.objection().isEmpty()) {
        renaming.identified(member, identity, verdict.predecessor());
      }
      return verdict.objection();
    }

    @Override
    public void delegateSeen(Forwarding forwarding, boolean first, boolean lowered) {}

    @Override
    public void straySeen(Forwarding forwarding, Forwarding.Delegate stray) {}

    @Override
    public void markedInVain(Forwarding.Delegate delegate) {}

    @Override
    public void tombstoneSeen(Forwarding forwarding) {}

    @Override
    public void takenBack(Forwarding forwarding) {}

    @Override
    public void delegateGone(Forwarding forwarding, String member, boolean lowered) {}

    @Override
    public void remainGone(String member) {}

    @Override
    public void freshnessChanged(Member member, boolean fresh) {
      account.update(ledger -> ledger.setFresh(member.name(), fresh));
      if (fresh) {
        awaited.countDown();
      }
    }
  }
}
