package io.virtualnode.kubernetes;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A primary and two members on real clusters with a virtual node over them, for tests to act upon;
 * and, read from the API servers only, what is true of them.
 */
final class Federation implements AutoCloseable {

  static final String NODE = "vnode";
  static final String NAMESPACE = "default";
  static final Duration LIMIT = Duration.ofSeconds(20);
  static final Set<String> RESOURCES = Set.of("cpu", "memory", "ephemeral-storage", "pods");

  final LocalCluster primary;
  final LocalCluster a;
  final LocalCluster b;
  private ForwardingNode node;

  private Federation(List<LocalCluster> clusters) {
    this.primary = clusters.get(0);
    this.a = clusters.get(1);
    this.b = clusters.get(2);
    this.node = startNode();
  }

  /** Member {@code a} with one node of the one shape, member {@code b} with one of the other. */
  static Federation start(NodeShape ofA, NodeShape ofB) {
    return new Federation(
        LocalCluster.startAll(
            LocalCluster.builder("primary"),
            LocalCluster.builder("a").nodes(1, ofA),
            LocalCluster.builder("b").nodes(1, ofB)));
  }

  private ForwardingNode startNode() {
    var started = new ForwardingNode(configuration());
    started.start();
    started.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    return started;
  }

  Configuration configuration() {
    return new Configuration(
        NodeSettings.named(NODE),
        ClusterAccess.of(primary.kubeconfig()),
        Configuration.DEFAULT_MAX_AGE,
        List.of(
            MemberSettings.named("a", ClusterAccess.of(a.kubeconfig())),
            MemberSettings.named("b", ClusterAccess.of(b.kubeconfig()))));
  }

  ForwardingNode node() {
    return node;
  }

  /** Ends the node's process and starts another. */
  void restartNode() {
    node.close();
    node = startNode();
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

  /** The delegate of a proxy, wherever it is; null if there is none. */
  Pod delegate(String name) {
    return delegates().stream()
        .filter(
            pod ->
                (NAMESPACE + "/" + name)
                    .equals(pod.getMetadata().getAnnotations().get("virtualnode.io/proxy")))
        .findFirst()
        .orElse(null);
  }

  List<Pod> delegates() {
    return List.of(a, b).stream().flatMap(member -> delegatesIn(member.client()).stream()).toList();
  }

  static List<Pod> delegatesIn(KubernetesClient member) {
    return member.pods().inAnyNamespace().withLabel("virtualnode.io/proxy-uid").list().getItems();
  }

  void awaitPhase(String name, String phase) {
    await("pod " + name + " " + phase)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> proxy(name) != null && phase.equals(proxy(name).getStatus().getPhase()));
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

  /** What a member has free on the nodes named, as its own API server shows it. */
  static Resources free(LocalCluster member, String... nodes) {
    var free = Resources.NONE;
    for (var name : nodes) {
      var node = member.client().nodes().withName(name).get();
      free =
          free.plus(
              Resources.ofQuantities(node.getStatus().getAllocatable())
                  .minus(requests(member.client(), name)));
    }
    return free;
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
