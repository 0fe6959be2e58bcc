package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.LocalClusterBuilder;
import io.virtualnode.testkit.NodeShape;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A primary and two members on real clusters with a virtual node over them, for tests to act upon;
 * and, read from the API servers only, what is true of them.
 */
final class Federation implements AutoCloseable {

  static final String NODE = "vnode";
  static final String NAMESPACE = "default";
  static final Duration LIMIT = Duration.ofSeconds(30);

  /** How soon after its cause a change must show in what the node offers. */
  static final Duration TRUTH = Duration.ofSeconds(1);

  static final List<String> RESOURCES = List.of("cpu", "ephemeral-storage", "memory", "pods");

  final LocalCluster primary;
  final LocalCluster a;
  final LocalCluster b;
  private ForwardingNode node;

  private UnaryOperator<Configuration> settings;

  private Federation(List<LocalCluster> clusters, UnaryOperator<Configuration> settings) {
    this.primary = clusters.get(0);
    this.a = clusters.get(1);
    this.b = clusters.get(2);
    this.settings = settings;
    this.node = startNode();
  }

  /** Member {@code a} with one node of the one shape, member {@code b} with one of the other. */
  static Federation start(NodeShape ofA, NodeShape ofB) {
    return start(
        List.of(
            LocalCluster.builder("primary"),
            LocalCluster.builder("a").nodes(1, ofA),
            LocalCluster.builder("b").nodes(1, ofB)),
        UnaryOperator.identity());
  }

  /** A primary and members {@code a} and {@code b}, with a configuration of the test's own. */
  static Federation start(
      List<LocalClusterBuilder> clusters, UnaryOperator<Configuration> settings) {
    return new Federation(
        LocalCluster.startAll(clusters.toArray(LocalClusterBuilder[]::new)), settings);
  }

  private ForwardingNode startNode() {
    return start(new ForwardingNode(configuration(), Duration.ofSeconds(2)));
  }

  private static ForwardingNode start(ForwardingNode started) {
    started.start();
    started.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    return started;
  }

  /** Both members with everything else as by default. */
  Configuration configuration() {
    return configuration(settings(a), settings(b));
  }

  Configuration configuration(MemberSettings... members) {
    return settings.apply(
        Configuration.of(
            NodeSettings.named(NODE), ClusterAccess.of(primary.kubeconfig()), List.of(members)));
  }

  static MemberSettings settings(LocalCluster member) {
    return MemberSettings.named(member.name(), ClusterAccess.of(member.kubeconfig()));
  }

  ForwardingNode node() {
    return node;
  }

  /** Ends the node's process, as far as one can within this one. */
  void stopNode() {
    node.close();
  }

  /** Starts the node's next process. */
  void startNextNode() {
    node = startNode();
  }

  /** Ends the node's process and starts another with clients of the test's own. */
  void restartNode(Clients clients) {
    stopNode();
    node = start(new ForwardingNode(configuration(), clients));
  }

  /** Ends the node's process and starts another with a configuration of the test's own. */
  void restartNode(UnaryOperator<Configuration> other) {
    stopNode();
    settings = other;
    startNextNode();
  }

  /** Ends the node's process and starts another. */
  void restartNode() {
    stopNode();
    startNextNode();
  }

  /** A pod that goes to the virtual node; annotations say how its delegate lives. */
  static Pod pod(String name, String cpu, Map<String, String> annotations) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .withAnnotations(annotations)
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withTolerations(toleration())
        .addNewContainer()
        .withName("main")
        .withImage("example.org/job:1")
        .withNewResources()
        .withRequests(
            Map.of(
                "cpu", new Quantity(cpu),
                "memory", new Quantity("64Mi"),
                "ephemeral-storage", new Quantity("128Mi")))
        .endResources()
        .endContainer()
        .endSpec()
        .build();
  }

  static Toleration toleration() {
    return new Toleration("NoSchedule", "virtualnode.io/provider", "Exists", null, null);
  }

  /** A pod of a member's own, not ours. */
  static Pod localPod(String name, String cpu) {
    var pod = pod(name, cpu, Map.of());
    pod.getSpec().setTolerations(List.of());
    return pod;
  }

  Pod submit(Pod pod) {
    return primary.client().resource(pod).create();
  }

  Pod proxy(String name) {
    return primary.client().pods().inNamespace(NAMESPACE).withName(name).get();
  }

  /** The delegate of a proxy, wherever it is; null if there is none, as fabric8's own get. */
  @SuppressWarnings("NullAway")
  Pod delegate(String name) {
    return delegates().stream()
        .filter(
            pod ->
                (NAMESPACE + "/" + name)
                    .equals(pod.getMetadata().getAnnotations().get("virtualnode.io/proxy")))
        .findFirst()
        .orElse(null);
  }

  /** Changes an annotation of a pod, whatever else has changed. */
  static void annotate(LocalCluster cluster, Pod pod, String key, String value) {
    cluster
        .client()
        .resource(pod)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"%s\":\"%s\"}}}".formatted(key, value));
  }

  /** The member that has the one delegate there is of a proxy. */
  LocalCluster delegateMember(String name) {
    var uid = proxy(name).getMetadata().getUid();
    return List.of(a, b).stream()
        .filter(
            member ->
                delegatesIn(member.client()).stream()
                    .anyMatch(
                        pod ->
                            uid.equals(
                                pod.getMetadata().getLabels().get("virtualnode.io/proxy-uid"))))
        .findFirst()
        .orElseThrow();
  }

  List<Pod> delegates() {
    return List.of(a, b).stream().flatMap(member -> delegatesIn(member.client()).stream()).toList();
  }

  static List<Pod> delegatesIn(KubernetesClient member) {
    return member.pods().inAnyNamespace().withLabel("virtualnode.io/proxy-uid").list().getItems();
  }

  void awaitPhase(String name, String phase) {
    eventually(
        "pod " + name + " " + phase,
        () -> {
          var pod = proxy(name);
          return pod != null && phase.equals(pod.getStatus().getPhase());
        });
  }

  /** What the virtual node says it has. */
  Resources allocatable() {
    return Resources.ofQuantities(
        primary.client().nodes().withName(NODE).get().getStatus().getAllocatable());
  }

  /** What the primary's scheduler subtracts from it. */
  Resources bound() {
    return requests(primary.client(), NODE);
  }

  /** The requests of the pods on a node that are not terminal. */
  static Resources requests(KubernetesClient cluster, String node) {
    return cluster
        .pods()
        .inAnyNamespace()
        .withField("spec.nodeName", node)
        .list()
        .getItems()
        .stream()
        .filter(pod -> !Set.of("Succeeded", "Failed").contains(pod.getStatus().getPhase()))
        .map(Requests::of)
        .reduce(Resources.NONE, Resources::plus);
  }

  /** What the members have free on their usable nodes, as their own API servers show it. */
  static Resources free(LocalCluster... members) {
    var free = Resources.NONE;
    for (var member : members) {
      for (var node : member.client().nodes().list().getItems()) {
        if (isUsable(node)) {
          free =
              free.plus(Resources.ofQuantities(node.getStatus().getAllocatable()))
                  .minus(requests(member.client(), node.getMetadata().getName()));
        }
      }
    }
    return free;
  }

  private static boolean isUsable(Node node) {
    boolean ready =
        node.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
    return ready
        && !Boolean.TRUE.equals(node.getSpec().getUnschedulable())
        && node.getSpec().getTaints().stream()
            .allMatch(taint -> taint.getEffect().equals("PreferNoSchedule"));
  }

  /** What the primary's scheduler may still give away. */
  Resources offered() {
    return allocatable().minus(bound());
  }

  /** Waits until the node offers exactly what all members have free, as {@link #awaitOffer}. */
  void awaitTruth(String after) {
    awaitTruth(after, LIMIT);
  }

  void awaitTruth(String after, Duration limit) {
    awaitOffer(after, limit, () -> free(a, b));
  }

  /**
   * Waits until the node offers that, at most for the time given, and prints how long it took. To
   * be called when the cause is in the API server.
   */
  void awaitOffer(String after, Duration limit, Supplier<Resources> free) {
    long start = System.nanoTime();
    await("the offer is true after " + after)
        .atMost(limit)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(offered()).isEqualTo(free.get()));
    System.out.printf(
        "settled in %d ms after %s%n", (System.nanoTime() - start) / 1_000_000, after);
  }

  /** Waits until something holds, looking often. */
  static void eventually(String what, Callable<Boolean> condition) {
    await(what).atMost(LIMIT).pollInterval(Duration.ofMillis(30)).until(condition);
  }

  /** Everything that a delegate's status says of its run must stand on the proxy as it is. */
  static void assertSameRun(PodStatus proxy, PodStatus delegate) {
    assertThat(Run.of(proxy)).isEqualTo(Run.of(delegate));
  }

  /** What a status says of a run. */
  record Run(
      String phase,
      String reason,
      String message,
      String startTime,
      List<ContainerStatus> initContainers,
      List<ContainerStatus> containers,
      String podIp,
      String hostIp,
      Map<String, String> conditions) {

    static Run of(PodStatus status) {
      var conditions = new TreeMap<String, String>();
      for (var condition : status.getConditions()) {
        if (Set.of("Initialized", "Ready", "ContainersReady").contains(condition.getType())) {
          conditions.put(condition.getType(), condition.getStatus() + " " + condition.getReason());
        }
      }
      return new Run(
          status.getPhase(),
          status.getReason(),
          status.getMessage(),
          status.getStartTime(),
          status.getInitContainerStatuses(),
          status.getContainerStatuses(),
          status.getPodIP(),
          status.getHostIP(),
          conditions);
    }
  }

  /** Deletes every pod and job of all clusters and waits until they are gone. */
  void clear() {
    primary.client().batch().v1().jobs().inAnyNamespace().delete();
    for (var cluster : List.of(primary, a, b)) {
      cluster.client().pods().inAnyNamespace().withGracePeriod(0).delete();
    }
    await("no pod left")
        .atMost(LIMIT)
        .until(
            () ->
                List.of(primary, a, b).stream()
                    .allMatch(
                        cluster ->
                            cluster.client().pods().inAnyNamespace().list().getItems().isEmpty()));
  }

  @Override
  public void close() {
    node.close();
    List.of(primary, a, b).forEach(LocalCluster::close);
  }
}
