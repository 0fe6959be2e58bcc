package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A cluster with a real scheduler for pods that each have a node of its own, of the pod's name, so
 * that what the scheduler counts on the node is the pod's. The nodes are mere objects, without a
 * kubelet: nobody else writes a status. Everything is done to all pods at once.
 */
final class OneNodePerPod implements AutoCloseable {

  static final String HOSTNAME = "kubernetes.io/hostname";

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int WRITERS = 8;
  private static final Resources ONE_POD = Given.resources("pods", "1");
  private static final Pattern LACK =
      Pattern.compile("\\d+ (Insufficient [^, ]*[^, .]|Too many pods)");

  private final LocalCluster cluster;
  private final KubernetesClient client;
  private final ExecutorService writers = Executors.newFixedThreadPool(WRITERS);

  private OneNodePerPod(LocalCluster cluster) {
    this.cluster = cluster;
    client = cluster.client();
  }

  static OneNodePerPod start() {
    var started =
        new OneNodePerPod(
            LocalCluster.builder("requests")
                .controllerManagerFlags(
                    "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller")
                .start());
    GeneratedPods.runtimeClasses().forEach(one -> started.client.resource(one).create());
    return started;
  }

  static String nameOf(Pod pod) {
    return pod.getMetadata().getName();
  }

  /** All pods by name, as the API server has them. */
  Map<String, Pod> pods() {
    return client.pods().inNamespace("default").list().getItems().stream()
        .collect(Collectors.toMap(OneNodePerPod::nameOf, pod -> pod, (a, b) -> a, TreeMap::new));
  }

  void create(Collection<Pod> pods) {
    forEach(pods, pod -> client.resource(pod).create());
  }

  /** Creates pods that are bound from the beginning, to nodes that exist. */
  void createBound(Collection<Pod> pods) {
    pods.forEach(pod -> pod.getSpec().setNodeName(nameOf(pod)));
    create(pods);
  }

  void createNodes(Map<String, Resources> allocatable) {
    forEach(
        allocatable, (name, resources) -> client.resource(node(name, resources).build()).create());
  }

  void setAllocatable(Map<String, Resources> allocatable) {
    forEach(
        allocatable,
        (name, resources) -> put("nodes/" + name + "/status", node(name, resources).build()));
  }

  private static NodeBuilder node(String name, Resources allocatable) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels(HOSTNAME, name)
        .endMetadata()
        .withNewStatus()
        .withCapacity(allocatable.toQuantities())
        .withAllocatable(allocatable.toQuantities())
        .withDeclaredFeatures(
            "InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers")
        .endStatus();
  }

  /** Resizes pods by their subresource; returns why it was refused where it was. */
  List<String> resize(Map<String, Pod> pods) {
    var refusals = new ConcurrentLinkedQueue<String>();
    forEach(
        pods,
        (name, pod) -> {
          try {
            put("namespaces/default/pods/" + name + "/resize", pod);
          } catch (KubernetesClientException e) {
            refusals.add(e.getMessage());
          }
        });
    return List.copyOf(refusals);
  }

  void writeStatuses(Map<String, PodStatus> statuses) {
    forEach(
        statuses,
        (name, status) ->
            put(
                "namespaces/default/pods/" + name + "/status",
                new PodBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .endMetadata()
                    .withStatus(status)
                    .build()));
  }

  private void put(String path, Object object) {
    client.raw("/api/v1/" + path, "PUT", object);
  }

  /** Waits until the scheduler's metrics of each pod are this, less the pod itself. */
  void awaitTold(Map<String, Resources> requests) {
    var expected = new TreeMap<String, Resources>();
    requests.forEach((pod, request) -> expected.put(pod, request.minus(ONE_POD)));
    eventually(
        () ->
            differences(
                expected,
                SchedulerView.requestsOfPods(cluster.schedulerMetrics("/metrics/resources")),
                Resources.NONE));
  }

  /** Waits until this is what the scheduler counts as requested on each node. */
  void awaitCounted(Map<String, Resources> requested) {
    eventually(
        () ->
            differences(
                requested,
                SchedulerView.requestedOnNodes(cluster.schedulerCache()),
                Resources.NONE));
  }

  /** Waits until each pod was tried and lacks this one resource and nothing else. */
  void awaitLacking(Map<String, String> resources) {
    var expected = new TreeMap<String, String>();
    resources.forEach(
        (pod, resource) ->
            expected.put(
                pod, resource.equals("pods") ? "1 Too many pods" : "1 Insufficient " + resource));
    eventually(
        () -> {
          var lacks = new TreeMap<String, String>();
          pods().forEach((name, pod) -> lacks.put(name, lacksOf(pod)));
          return differences(expected, lacks, "");
        });
  }

  private static String lacksOf(Pod pod) {
    var message =
        pod.getStatus().getConditions().stream()
            .filter(condition -> condition.getType().equals("PodScheduled"))
            .map(condition -> "" + condition.getMessage())
            .findFirst()
            .orElse("");
    return LACK.matcher(message.split(" preemption:", 2)[0])
        .results()
        .map(MatchResult::group)
        .collect(Collectors.joining(", "));
  }

  void awaitBound(Collection<String> pods) {
    eventually(
        () ->
            pods().values().stream()
                .filter(pod -> pod.getSpec().getNodeName() == null)
                .map(OneNodePerPod::nameOf)
                .filter(pods::contains)
                .toList());
  }

  private static void eventually(Callable<List<String>> differences) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(300))
        .untilAsserted(() -> assertThat(differences.call()).isEmpty());
  }

  private static <T> List<String> differences(
      Map<String, T> ours, Map<String, T> schedulers, T absent) {
    return ours.entrySet().stream()
        .filter(entry -> !entry.getValue().equals(schedulers.getOrDefault(entry.getKey(), absent)))
        .map(
            entry ->
                "%s: ours %s, the scheduler's %s"
                    .formatted(entry.getKey(), entry.getValue(), schedulers.get(entry.getKey())))
        .toList();
  }

  private <T> void forEach(Map<String, T> items, BiConsumer<String, T> action) {
    forEach(items.entrySet(), item -> action.accept(item.getKey(), item.getValue()));
  }

  private <T> void forEach(Collection<T> items, Consumer<T> action) {
    var all =
        items.stream()
            .map(item -> CompletableFuture.runAsync(() -> action.accept(item), writers))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(all).join();
  }

  /** Deletes all pods and nodes. */
  void clear() {
    client.pods().inNamespace("default").withGracePeriod(0).delete();
    client.nodes().delete();
    await().atMost(LIMIT).until(() -> pods().isEmpty());
  }

  @Override
  public void close() {
    writers.shutdownNow();
    cluster.close();
  }
}
