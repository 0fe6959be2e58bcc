package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.quantities;
import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules of {@code PodRequests} in {@code k8s.io/component-helpers/resource/helpers.go}; each
 * group names the function there that decides it.
 */
class RequestsTest {

  @DisplayName("request_is_what_the_scheduler_counts")
  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "aggregateContainerResourcesByFn",
    "podLevelResources",
    "aggregateContainerRequestsWithStatus",
    "effectivePodLevelResources",
    "resourceAdd"
  })
  void request(String rule, UnaryOperator<PodBuilder> pod, String cpu, String memory) {
    var empty = new PodBuilder().withNewMetadata().endMetadata().withNewSpec().endSpec();
    assertThat(Requests.of(pod.apply(empty).build()))
        .isEqualTo(resources("cpu", cpu, "memory", memory, "pods", "1"));
  }

  static Stream<Arguments> aggregateContainerResourcesByFn() {
    return Stream.of(
        row("nothing is requested", p -> p, "0", "0"),
        row("containers add up", p -> p.containers(app("a", 1, 10), app("b", 2, 20)), "3", "30"),
        row(
            "a container without resources adds nothing",
            p -> p.containers(app("a", 1, 10), new ContainerBuilder().withName("b").build()),
            "1",
            "10"),
        row(
            "the greatest init container counts where it exceeds the containers",
            p -> p.init(app("i", 5, 1), app("j", 2, 2)).containers(app("a", 1, 10)),
            "5",
            "10"),
        row(
            "init containers do not add up",
            p -> p.init(app("i", 2, 1), app("j", 2, 1)).containers(app("a", 1, 1)),
            "2",
            "1"),
        row(
            "a sidecar runs beside the containers",
            p -> p.init(sidecar("s", 1, 5)).containers(app("a", 1, 10)),
            "2",
            "15"),
        row(
            "an init container runs beside the sidecars started before it",
            p -> p.init(sidecar("s", 1, 5), app("i", 5, 1)).containers(app("a", 1, 10)),
            "6",
            "15"),
        row(
            "an init container does not run beside a sidecar started after it",
            p -> p.init(app("i", 5, 1), sidecar("s", 1, 5)).containers(app("a", 1, 10)),
            "5",
            "15"),
        row(
            "each init container sees all sidecars so far",
            p ->
                p.init(
                        sidecar("s", 1, 1),
                        app("i", 3, 1),
                        sidecar("t", 2, 1),
                        app("j", 2, 1),
                        sidecar("u", 1, 1))
                    .containers(app("a", 0, 1)),
            "5",
            "4"),
        row(
            "overhead comes on top",
            p -> p.containers(app("a", 1, 10)).overhead("250m", "5"),
            "1250m",
            "15"),
        row(
            "overhead comes on top of the greatest init container too",
            p -> p.init(app("i", 4, 40)).containers(app("a", 1, 10)).overhead("1", "1"),
            "5",
            "41"));
  }

  static Stream<Arguments> podLevelResources() {
    return Stream.of(
        row(
            "pod-level requests replace those of the containers",
            p -> p.containers(app("a", 1, 10), app("b", 1, 10)).podLevel("cpu", "5", "memory", "1"),
            "5",
            "1"),
        row(
            "containers still decide what the pod level does not name",
            p -> p.containers(app("a", 1, 10)).podLevel("cpu", "5"),
            "5",
            "10"),
        row(
            "overhead comes on top of pod-level requests",
            p -> p.containers(app("a", 1, 10)).podLevel("cpu", "5").overhead("1", "1"),
            "6",
            "11"),
        row(
            "a resource that the pod level does not support is not taken from it",
            p -> p.containers(app("a", 1, 10)).podLevel("cpu", "5", "nvidia.com/gpu", "7"),
            "5",
            "10"),
        row(
            "pod-level resources with nothing supported are as if not set",
            p -> p.containers(app("a", 1, 10)).podLevel("nvidia.com/gpu", "7"),
            "1",
            "10"));
  }

  static Stream<Arguments> aggregateContainerRequestsWithStatus() {
    return Stream.of(
        row(
            "what is still allocated counts after a resize down was asked for",
            p -> p.containers(app("a", 1, 10)).statuses(status("a", "3", "30", "3", "30")),
            "3",
            "30"),
        row(
            "what is asked for counts before a resize up is done",
            p -> p.containers(app("a", 4, 40)).statuses(status("a", "3", "30", "3", "30")),
            "4",
            "40"),
        row(
            "what is actuated counts while it exceeds what is allocated",
            p -> p.containers(app("a", 1, 10)).statuses(status("a", "1", "10", "2", "20")),
            "2",
            "20"),
        row(
            "the greatest is taken for each resource of the pod",
            p -> p.containers(app("a", 1, 99)).statuses(status("a", "5", "10", "2", "20")),
            "5",
            "99"),
        row(
            "maxima are taken of the pod's totals, not container by container",
            p ->
                p.containers(app("a", 1, 1), app("b", 3, 1))
                    .statuses(status("a", "3", "1", "3", "1"), status("b", "1", "1", "1", "1")),
            "4",
            "2"),
        row(
            "an infeasible resize does not count",
            p ->
                p.containers(app("a", 9, 90))
                    .statuses(status("a", "3", "30", "2", "20"))
                    .resizePending("Infeasible"),
            "3",
            "30"),
        row(
            "a deferred resize counts",
            p ->
                p.containers(app("a", 9, 90))
                    .statuses(status("a", "3", "30", "2", "20"))
                    .resizePending("Deferred"),
            "9",
            "90"),
        row(
            "without a container status an infeasible resize leaves nothing",
            p -> p.containers(app("a", 9, 90)).resizePending("Infeasible"),
            "0",
            "0"),
        row(
            "a status without resources changes nothing",
            p ->
                p.containers(app("a", 1, 10))
                    .statuses(new ContainerStatusBuilder().withName("a").build()),
            "1",
            "10"),
        row(
            "a status of another container changes nothing",
            p -> p.containers(app("a", 1, 10)).statuses(status("b", "3", "30", "3", "30")),
            "1",
            "10"),
        row(
            "of two statuses of one container the first counts",
            p ->
                p.containers(app("a", 1, 10))
                    .statuses(status("a", "3", "30", "3", "30"), status("a", "9", "90", "9", "90")),
            "3",
            "30"),
        row(
            "a condition of another type does not make a resize infeasible",
            p -> p.containers(app("a", 9, 90)).condition("PodResizeInProgress", "Infeasible"),
            "9",
            "90"),
        row(
            "of two conditions of the type the first counts",
            p ->
                p.containers(app("a", 9, 90))
                    .statuses(status("a", "3", "30", "2", "20"))
                    .resizePending("Deferred")
                    .resizePending("Infeasible"),
            "9",
            "90"),
        row(
            "a resized sidecar counts with its status",
            p ->
                p.init(sidecar("s", 1, 10))
                    .containers(app("a", 1, 10))
                    .initStatuses(status("s", "2", "20", "2", "20")),
            "3",
            "30"),
        row(
            "totals in the pod's status replace the sums over the containers' statuses",
            p ->
                p.containers(app("a", 1, 10))
                    .statuses(status("a", "9", "90", "9", "90"))
                    .podStatus(quantities("cpu", "2", "memory", "1"), quantities("cpu", "3")),
            "3",
            "10"),
        row(
            "totals in the pod's status count only when both are there",
            p ->
                p.containers(app("a", 1, 10))
                    .statuses(status("a", "4", "40", "4", "40"))
                    .podStatus(quantities("cpu", "3"), null),
            "4",
            "40"));
  }

  static Stream<Arguments> effectivePodLevelResources() {
    return Stream.of(
        row(
            "pod-level requests count with what is allocated and actuated",
            p ->
                p.containers(app("a", 1, 10))
                    .podLevel("cpu", "2")
                    .podStatus(quantities("cpu", "3"), quantities("cpu", "4")),
            "4",
            "10"),
        row(
            "pod-level requests above both count",
            p ->
                p.containers(app("a", 1, 10))
                    .podLevel("cpu", "8")
                    .podStatus(quantities("cpu", "3"), quantities("cpu", "4")),
            "8",
            "10"),
        row(
            "an infeasible pod-level resize does not count",
            p ->
                p.containers(app("a", 1, 10))
                    .podLevel("cpu", "8")
                    .podStatus(quantities("cpu", "3", "memory", "10"), quantities("cpu", "2"))
                    .resizePending("Infeasible"),
            "3",
            "10"));
  }

  /**
   * {@code addResourceList} adds quantities exactly; {@code Resource.Add} (types.go) rounds their
   * sum up to 64 bits, of the resources that it knows.
   */
  static Stream<Arguments> resourceAdd() {
    return Stream.of(
        row(
            "ten tenths of a byte are one byte",
            p ->
                p.containers(
                    Stream.generate(() -> requesting("c", "100u", "100m"))
                        .limit(10)
                        .toArray(Container[]::new)),
            "1m",
            "1"),
        row(
            "what is left over is rounded up once",
            p -> p.containers(requesting("a", "1", "1100m"), requesting("b", "1", "1100m")),
            "2",
            "3"),
        row(
            "overhead is part of the sum",
            p -> p.containers(requesting("a", "1", "500m")).overhead("0", "500m"),
            "1",
            "1"),
        row(
            "pods and other names that no container may request count nothing in a status",
            p ->
                p.containers(app("a", 1, 10))
                    .statuses(
                        allocated("a", "pods", "5", "storage", "1Gi", "requests.x/y", "1"),
                        allocated("b", "cpu", "7")),
            "1",
            "10"),
        row(
            "more millicores than 64 bits hold are none, as the scheduler's int64 has it",
            p -> p.containers(requesting("a", "10P", "1")),
            "0",
            "1"),
        row(
            "more bytes than 64 bits hold are what is left in the low 64 bits",
            p ->
                p.containers(
                    requesting("a", "1", "16Ei"),
                    requesting("b", "1", "16Ei"),
                    requesting("c", "1", "12")),
            "3",
            "10"));
  }

  /** {@code computePodResourceRequest} (fit.go), and what {@code /metrics/resources} tells. */
  @DisplayName("room_to_be_bound_is_what_the_spec_asks_for_whatever_the_status_says")
  @Test
  void ofSpec() {
    var pod =
        new Pods(new PodBuilder().withNewMetadata().endMetadata().withNewSpec().endSpec())
            .init(sidecar("s", 1, 10))
            .containers(app("a", 1, 10))
            .overhead("1", "1")
            .statuses(status("a", "9", "90", "9", "90"))
            .resizePending("Infeasible");
    assertThat(Requests.ofSpec(pod.builder.build()))
        .isEqualTo(resources("cpu", "3", "memory", "21", "pods", "1"));
    var podLevel =
        pod.podLevel("cpu", "4")
            .podStatus(quantities("cpu", "8", "memory", "80"), quantities("cpu", "8"));
    assertThat(Requests.ofSpec(podLevel.builder.build()))
        .isEqualTo(resources("cpu", "5", "memory", "21", "pods", "1"));
    var overflowing = new PodBuilder().withNewSpec().endSpec();
    new Pods(overflowing).containers(requesting("a", "9223372036854775807", "1"));
    assertThat(Requests.of(overflowing.build()).get("cpu")).isEqualTo(-1000);
    assertThat(Requests.ofSpec(overflowing.build()))
        .isEqualTo(resources("memory", "1", "pods", "1"));
  }

  /** {@code IsScalarResourceName} (scheduler/util/utils.go). */
  @DisplayName("resources_of_all_kinds_that_a_node_may_have_count")
  @Test
  void scalarResources() {
    var names =
        List.of(
            "cpu",
            "memory",
            "ephemeral-storage",
            "hugepages-2Mi",
            "nvidia.com/gpu",
            "example.org/A_b.c-1",
            "kubernetes.io/batteries",
            "foo.kubernetes.io/x",
            "attachable-volumes-csi");
    var requests = new TreeMap<String, Quantity>();
    names.forEach(name -> requests.put(name, new Quantity("2")));
    List.of("storage", "pods", "gpu", "requests.x/y", "Example.org/gpu", "x/", "a/b/c")
        .forEach(name -> requests.put(name, new Quantity("2")));
    var container =
        new ContainerBuilder().withNewResources().withRequests(requests).endResources().build();
    var pod = new PodBuilder().withNewSpec().withContainers(container).endSpec().build();
    var counted = new TreeMap<String, Quantity>();
    names.forEach(name -> counted.put(name, new Quantity("2")));
    counted.put("pods", new Quantity("1"));
    assertThat(Requests.of(pod)).isEqualTo(Resources.ofQuantities(counted));
  }

  private static Arguments row(String rule, UnaryOperator<Pods> pod, String cpu, String memory) {
    UnaryOperator<PodBuilder> builder = empty -> pod.apply(new Pods(empty)).builder;
    return Arguments.of(rule, builder, cpu, memory);
  }

  private static Container app(String name, int cores, int bytes) {
    return requesting(name, Integer.toString(cores), Integer.toString(bytes));
  }

  private static Container sidecar(String name, int cores, int bytes) {
    return new ContainerBuilder(app(name, cores, bytes)).withRestartPolicy("Always").build();
  }

  private static Container requesting(String name, String cpu, String memory) {
    return new ContainerBuilder()
        .withName(name)
        .withNewResources()
        .withRequests(quantities("cpu", cpu, "memory", memory))
        .endResources()
        .build();
  }

  private static ContainerStatus status(
      String name, String allocatedCpu, String allocatedMemory, String cpu, String memory) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withAllocatedResources(quantities("cpu", allocatedCpu, "memory", allocatedMemory))
        .withNewResources()
        .withRequests(quantities("cpu", cpu, "memory", memory))
        .endResources()
        .build();
  }

  private static ContainerStatus allocated(String name, String... resources) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withAllocatedResources(quantities(resources))
        .build();
  }

  /** A pod in the making. */
  private record Pods(PodBuilder builder) {

    Pods containers(Container... containers) {
      return with(p -> p.editSpec().withContainers(containers).endSpec());
    }

    Pods init(Container... containers) {
      return with(p -> p.editSpec().withInitContainers(containers).endSpec());
    }

    Pods overhead(String cpu, String memory) {
      return with(
          p -> p.editSpec().withOverhead(quantities("cpu", cpu, "memory", memory)).endSpec());
    }

    Pods podLevel(String... requests) {
      return with(
          p ->
              p.editSpec()
                  .withNewResources()
                  .withRequests(quantities(requests))
                  .endResources()
                  .endSpec());
    }

    Pods statuses(ContainerStatus... statuses) {
      return with(p -> p.editOrNewStatus().withContainerStatuses(statuses).endStatus());
    }

    Pods initStatuses(ContainerStatus... statuses) {
      return with(p -> p.editOrNewStatus().withInitContainerStatuses(statuses).endStatus());
    }

    Pods podStatus(Map<String, Quantity> allocated, @Nullable Map<String, Quantity> actuated) {
      return with(
          p ->
              p.editOrNewStatus()
                  .withAllocatedResources(allocated)
                  .withNewResources()
                  .withRequests(actuated)
                  .endResources()
                  .endStatus());
    }

    Pods resizePending(String reason) {
      return condition("PodResizePending", reason);
    }

    Pods condition(String type, String reason) {
      return with(
          p ->
              p.editOrNewStatus()
                  .addNewCondition()
                  .withType(type)
                  .withReason(reason)
                  .endCondition()
                  .endStatus());
    }

    private Pods with(UnaryOperator<PodBuilder> change) {
      return new Pods(change.apply(builder));
    }
  }
}
