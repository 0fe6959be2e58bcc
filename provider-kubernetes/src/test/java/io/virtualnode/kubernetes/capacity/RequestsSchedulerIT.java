package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.quantities;
import static io.virtualnode.kubernetes.capacity.OneNodePerPod.nameOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.kubernetes.Seeds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * {@link Requests} against a real kube-scheduler: what it tells of pods as the API server admits
 * them, what it counts on their nodes, and what it lets fit.
 *
 * <p>{@code -Dpods=5000} generates more, {@code -Dseed=7} others (see {@link Seeds}).
 */
@DisplayName("a real kube-scheduler")
class RequestsSchedulerIT {

  private static final int PODS = Integer.getInteger("pods", 600);
  private static final String BESIDE = "beside-";
  private static final Resources PLENTY =
      Given.resources("cpu", "9000", "memory", "90Ti", "ephemeral-storage", "90Ti", "pods", "110");
  private static final List<String> POD_FEATURES =
      List.of(
          "init container",
          "sidecar",
          "sidecar before init container",
          "init container before sidecar",
          "overhead",
          "pod-level cpu",
          "pod-level memory",
          "pod-level hugepages-2Mi",
          "pod-level of one resource",
          "ephemeral-storage",
          "hugepages-2Mi",
          GeneratedPods.GPU);
  private static final List<String> RESIZE_FEATURES =
      List.of(
          "allocated",
          "actuated",
          "pod allocated",
          "pod actuated",
          "pod-level resize",
          "PodResizePending Deferred",
          "PodResizePending Infeasible",
          "PodResizeInProgress Error",
          "status changes nothing",
          "status lowers the request",
          "status raises the request");

  private static OneNodePerPod scheduler;

  @BeforeAll
  static void start() {
    scheduler = OneNodePerPod.start();
  }

  @AfterAll
  static void stop() {
    scheduler.close();
  }

  @AfterEach
  void clear() {
    scheduler.clear();
  }

  @Test
  @DisplayName("tells of every generated pod what we compute, and lets it fit where just that is")
  void before_binding() {
    Seeds.forEach(
        1,
        seed -> {
          var random = new Random(seed);
          scheduler.create(generate(seed));
          // A status that speaks of a resize before there can be one is not looked at.
          var early = new TreeMap<>(scheduler.pods());
          early.keySet().removeIf(pod -> random.nextInt(4) > 0);
          scheduler.writeStatuses(each(early, pod -> resizes(pod, seed).status(pod, pod)));
          var admitted = scheduler.pods();
          assertMet(seed, admitted.values(), GeneratedPods::features, POD_FEATURES);
          var requests = each(admitted, Requests::ofSpec);
          assertThat(requests).isNotEqualTo(each(admitted, Requests::of));
          scheduler.awaitTold(requests);

          var rooms =
              each(requests, request -> new Room(request, anyOf(random, amountsOf(request))));
          scheduler.createNodes(each(rooms, Room::less));
          scheduler.awaitLacking(each(rooms, Room::scarce));
          scheduler.setAllocatable(each(rooms, Room::just));
          scheduler.awaitBound(requests.keySet());
          scheduler.awaitCounted(each(scheduler.pods(), Requests::of));
          scheduler.clear();
        });
  }

  @Test
  @DisplayName("counts on a node what we compute for every generated pod at any moment of a resize")
  void while_bound() {
    Seeds.forEach(
        1,
        seed -> {
          createBound(generate(seed));
          var before = scheduler.pods();
          scheduler.awaitCounted(each(before, Requests::of));

          var refusals = scheduler.resize(each(before, pod -> resizes(pod, seed).resized(pod)));
          assertThat(refusals)
              .hasSizeLessThan(PODS / 20)
              .allSatisfy(refusal -> assertThat(refusal).contains("Pod QOS Class may not change"));
          scheduler.writeStatuses(
              each(
                  before,
                  pod -> {
                    var resizes = resizes(pod, seed);
                    return resizes.status(pod, resizes.resized(pod));
                  }));
          var resized = scheduler.pods();
          assertMet(seed, resized.values(), GeneratedResizes::features, RESIZE_FEATURES);
          scheduler.awaitTold(each(resized, Requests::ofSpec));
          scheduler.awaitCounted(each(resized, Requests::of));

          assertFitBeside(resized, new Random(seed));
          scheduler.clear();
        });
  }

  @Test
  @DisplayName("counts what we compute where amounts do not fit 64 bits")
  void overflow() {
    var quantities =
        List.of("10P", "8E", "9223372036854775807", "9223372036854775.807", "8Ei", "9e15", "1e30");
    var pods = new ArrayList<Pod>();
    for (var quantity : quantities) {
      for (int containers = 1; containers <= 3; containers++) {
        pods.add(requesting("huge-" + pods.size(), quantity, containers));
      }
    }
    createBound(pods);
    var requests = each(scheduler.pods(), Requests::of);
    scheduler.awaitCounted(requests);
    assertThat(requests).hasSize(21);
    assertThat(requests.values()).anyMatch(request -> request.get("cpu") == 0);
    assertThat(requests.values()).anyMatch(request -> request.get("cpu") < 0);
    assertThat(requests.values()).anyMatch(request -> request.get("memory") < 0);
  }

  /** The room on a node that is just enough, and what there is one unit less of at first. */
  private record Room(Resources just, String scarce) {

    Resources less() {
      return just.minus(Resources.of(Map.of(scarce, 1L)));
    }
  }

  /**
   * Beside each pod goes one more, for which there is room but for one unit of something, and then
   * for all: this shows what the first takes.
   */
  private static void assertFitBeside(Map<String, Pod> bound, Random random) {
    var rooms = each(bound, pod -> roomBeside(pod, random));
    var scarce = new TreeMap<String, String>();
    rooms.forEach((node, room) -> scarce.put(BESIDE + node, room.scarce));
    scheduler.setAllocatable(each(rooms, Room::less));
    scheduler.create(bound.values().stream().map(RequestsSchedulerIT::beside).toList());
    scheduler.awaitLacking(scarce);
    scheduler.setAllocatable(each(rooms, Room::just));
    scheduler.awaitBound(scarce.keySet());
  }

  /** Scarce is, if possible, what the pod takes more or less of than its spec asks for. */
  private static Room roomBeside(Pod pod, Random random) {
    var taken = Requests.of(pod);
    var little = Requests.ofSpec(beside(pod));
    var spec = Requests.ofSpec(pod);
    var names = amountsOf(little);
    var changed = names.stream().filter(name -> taken.get(name) != spec.get(name)).toList();
    return new Room(taken.plus(little), anyOf(random, changed.isEmpty() ? names : changed));
  }

  /** A pod that asks for a little of everything that the first pod of the node takes. */
  private static Pod beside(Pod first) {
    var requests = new TreeMap<>(quantities("cpu", "7m", "memory", "11"));
    var taken = Requests.of(first);
    quantities("ephemeral-storage", "13", "hugepages-2Mi", "2Mi", GeneratedPods.GPU, "1")
        .forEach(
            (name, little) ->
                requests.putAll(taken.get(name) > 0 ? Map.of(name, little) : Map.of()));
    var pod = pod(BESIDE + nameOf(first), requests, 1);
    pod.getSpec().setNodeSelector(Map.of(OneNodePerPod.HOSTNAME, nameOf(first)));
    return pod;
  }

  private static Pod requesting(String name, String quantity, int containers) {
    return pod(name, quantities("cpu", quantity, "memory", quantity), containers);
  }

  private static Pod pod(String name, Map<String, Quantity> requests, int containers) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName(name)
        .endMetadata()
        .withNewSpec()
        .addNewToleration()
        .withOperator("Exists")
        .endToleration()
        .withContainers(
            IntStream.range(0, containers)
                .mapToObj(
                    i ->
                        new ContainerBuilder()
                            .withName("c-" + i)
                            .withImage("none.invalid/none")
                            .withNewResources()
                            .withRequests(requests)
                            .withLimits(requests)
                            .endResources()
                            .build())
                .toList())
        .endSpec()
        .build();
  }

  private static List<Pod> generate(long seed) {
    var pods = new GeneratedPods(new Random(seed));
    return IntStream.range(0, PODS)
        .mapToObj("%05d"::formatted)
        .map(name -> pods.next(name, name))
        .toList();
  }

  private static void createBound(Collection<Pod> pods) {
    scheduler.createNodes(
        pods.stream().collect(Collectors.toMap(OneNodePerPod::nameOf, pod -> PLENTY)));
    scheduler.createBound(pods);
  }

  private static GeneratedResizes resizes(Pod pod, long seed) {
    return new GeneratedResizes(new Random(seed * 31 + nameOf(pod).hashCode()));
  }

  private static void assertMet(
      long seed,
      Collection<Pod> pods,
      Function<Pod, Stream<String>> features,
      List<String> wanted) {
    var counts =
        pods.stream()
            .flatMap(features)
            .collect(Collectors.groupingBy(one -> one, TreeMap::new, Collectors.counting()));
    System.out.printf("seed %d: %d pods, %s%n", seed, pods.size(), counts);
    assertThat(pods).hasSize(PODS);
    assertThat(wanted)
        .allSatisfy(one -> assertThat(counts.getOrDefault(one, 0L)).isGreaterThan(PODS / 50));
  }

  private static List<String> amountsOf(Resources resources) {
    return resources.names().stream().filter(name -> resources.get(name) != 0).toList();
  }

  private static <T> T anyOf(Random random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static <T, R> Map<String, R> each(Map<String, T> map, Function<T, R> function) {
    var result = new TreeMap<String, R>();
    map.forEach((key, value) -> result.put(key, function.apply(value)));
    return result;
  }
}
