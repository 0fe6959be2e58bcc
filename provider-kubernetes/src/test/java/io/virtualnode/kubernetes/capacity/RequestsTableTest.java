package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every combination of what enters a pod's request: init containers, sidecars, overhead, pod-level
 * requests, the statuses of an in-place resize and its conditions.
 *
 * <p>What must come out is worked out from the combination, not from the pod: one resource at a
 * time, on plain numbers, as the greatest of the moments of the pod's life.
 */
class RequestsTableTest {

  private static final int COMBINATIONS_OF_A_ROW = 8 * 5 * 5 * 6 * 5;

  enum Init {
    NO_INIT(0),
    SMALLER(2),
    LARGER(40);

    final int size;

    Init(int size) {
      this.size = size;
    }
  }

  enum Sidecars {
    NO_SIDECAR,
    BEFORE_INIT,
    AFTER_INIT,
    BEFORE_AND_AFTER_INIT;

    boolean before() {
      return this == BEFORE_INIT || this == BEFORE_AND_AFTER_INIT;
    }

    boolean after() {
      return this == AFTER_INIT || this == BEFORE_AND_AFTER_INIT;
    }
  }

  enum Overhead {
    NO_OVERHEAD,
    OVERHEAD
  }

  /** Which resources the pod names at its own level. */
  private static final List<Set<String>> POD_LEVELS =
      List.of(
          Set.of(),
          Set.of("cpu"),
          Set.of("memory"),
          Set.of("hugepages-2Mi"),
          Set.of("cpu", "memory"),
          Set.of("cpu", "hugepages-2Mi"),
          Set.of("memory", "hugepages-2Mi"),
          Set.of("cpu", "memory", "hugepages-2Mi"));

  /** What containerStatuses tell of the containers. */
  enum OfContainers {
    NOTHING,
    ALLOCATED,
    ACTUATED,
    BOTH,
    BOTH_OF_THE_FIRST
  }

  /** What the pod's own status tells. */
  enum OfPod {
    NOTHING,
    ALLOCATED,
    ACTUATED,
    BOTH,
    ALLOCATED_AND_LIMITS
  }

  /** How many times its size a thing has in spec, allocated and actuated. */
  enum Resize {
    NONE(1, 1, 1),
    UP_ASKED(3, 1, 1),
    UP_ALLOCATED(3, 3, 1),
    DOWN_ASKED(1, 3, 3),
    DOWN_ALLOCATED(1, 1, 3),
    FIRST_UP_OTHERS_DOWN(3, 1, 2);

    final int spec;
    final int allocated;
    final int actuated;

    Resize(int spec, int allocated, int actuated) {
      this.spec = spec;
      this.allocated = allocated;
      this.actuated = actuated;
    }

    int factor(Thing thing, View view) {
      int factor =
          switch (view) {
            case SPEC -> spec;
            case ALLOCATED -> allocated;
            case ACTUATED -> actuated;
          };
      return this == FIRST_UP_OTHERS_DOWN && thing != Thing.FIRST ? 4 - factor : factor;
    }
  }

  enum Condition {
    NO_CONDITION,
    DEFERRED,
    INFEASIBLE,
    IN_PROGRESS,
    IN_PROGRESS_AND_INFEASIBLE;

    boolean infeasible() {
      return this == INFEASIBLE || this == IN_PROGRESS_AND_INFEASIBLE;
    }
  }

  /** Where a number is read. */
  enum View {
    SPEC,
    ALLOCATED,
    ACTUATED
  }

  /** Who asks, and in which sizes; the sizes are such that no two sums are the same by chance. */
  enum Thing {
    FIRST(101),
    SECOND(211),
    SIDECAR_BEFORE(307),
    SIDECAR_AFTER(401),
    INIT(53),
    POD(997),
    OVERHEAD(7);

    final int size;

    Thing(int size) {
      this.size = size;
    }

    List<String> names() {
      return switch (this) {
        case FIRST, INIT -> RESOURCES;
        case SECOND, OVERHEAD -> List.of("cpu", "memory");
        case SIDECAR_BEFORE -> List.of("cpu", "memory", "example.org/gpu");
        case SIDECAR_AFTER -> List.of("cpu", "hugepages-2Mi");
        case POD -> List.of("cpu", "memory", "hugepages-2Mi");
      };
    }
  }

  private static final List<String> RESOURCES =
      List.of("cpu", "memory", "hugepages-2Mi", "example.org/gpu");

  static Stream<Arguments> rows() {
    return Stream.of(Init.values())
        .flatMap(
            init ->
                Stream.of(Sidecars.values())
                    .flatMap(
                        sidecars ->
                            Stream.of(Overhead.values())
                                .map(overhead -> Arguments.of(init, sidecars, overhead))));
  }

  @DisplayName("every_combination_is_what_the_moments_of_the_pods_life_need")
  @ParameterizedTest(name = "{0}, {1}, {2}")
  @MethodSource("rows")
  void everyCombination(Init init, Sidecars sidecars, Overhead overhead) {
    int count = 0;
    for (var podLevel : POD_LEVELS) {
      for (var ofContainers : OfContainers.values()) {
        for (var ofPod : OfPod.values()) {
          for (var resize : Resize.values()) {
            for (var condition : Condition.values()) {
              check(
                  new Combination(
                      init, sidecars, overhead, podLevel, ofContainers, ofPod, resize, condition));
              count++;
            }
          }
        }
      }
    }
    assertThat(count).isEqualTo(COMBINATIONS_OF_A_ROW);
  }

  private static void check(Combination combination) {
    var pod = new Maker(combination).pod();
    var bound = new HashMap<String, Long>(Map.of("pods", 1L));
    var spec = new HashMap<String, Long>(Map.of("pods", 1L));
    for (var resource : RESOURCES) {
      var oracle = new Oracle(combination, resource);
      bound.put(resource, oracle.whileBound());
      spec.put(resource, oracle.beforeBinding());
    }
    assertThat(Requests.of(pod)).as("%s", combination).isEqualTo(Resources.of(bound));
    assertThat(Requests.ofSpec(pod)).as("spec: %s", combination).isEqualTo(Resources.of(spec));
  }

  record Combination(
      Init init,
      Sidecars sidecars,
      Overhead overhead,
      Set<String> podLevel,
      OfContainers ofContainers,
      OfPod ofPod,
      Resize resize,
      Condition condition) {

    boolean has(Thing thing) {
      return switch (thing) {
        case FIRST, SECOND -> true;
        case SIDECAR_BEFORE -> sidecars.before();
        case SIDECAR_AFTER -> sidecars.after();
        case INIT -> init != Init.NO_INIT;
        case POD -> !podLevel.isEmpty();
        case OVERHEAD -> overhead == Overhead.OVERHEAD;
      };
    }

    /** The number that stands, or would stand, at one place; 0 if the thing never names it. */
    long number(Thing thing, View view, String resource) {
      if ((!has(thing) && thing != Thing.POD) || !thing.names().contains(resource)) {
        return 0;
      }
      long size = thing == Thing.INIT ? (long) thing.size * init.size : thing.size;
      return size * resize.factor(thing, view);
    }
  }

  /** The rules of PodRequests for one resource. */
  private record Oracle(Combination c, String resource) {

    long whileBound() {
      if (c.podLevel.isEmpty()) {
        return containersWhileBound() + overhead();
      }
      // A list at pod level replaces the containers' sum where it names the resource.
      boolean specCounts = !(c.condition.infeasible() && podStatusHasResources());
      boolean named = c.podLevel.contains(resource) && specCounts;
      long amount = named ? c.number(Thing.POD, View.SPEC, resource) : 0;
      if (podStatusHasResources() && Thing.POD.names().contains(resource)) {
        if (c.ofPod != OfPod.ACTUATED) {
          named = true;
          amount = Math.max(amount, c.number(Thing.POD, View.ALLOCATED, resource));
        }
        if (c.ofPod != OfPod.ALLOCATED_AND_LIMITS) {
          named = true;
          amount = Math.max(amount, c.number(Thing.POD, View.ACTUATED, resource));
        }
      }
      return (named ? amount : containersWhileBound()) + overhead();
    }

    long beforeBinding() {
      long request =
          c.podLevel.contains(resource)
              ? c.number(Thing.POD, View.SPEC, resource)
              : greatestMoment(View.SPEC);
      return request + overhead();
    }

    private boolean podStatusHasResources() {
      return c.ofPod != OfPod.NOTHING && c.ofPod != OfPod.ALLOCATED;
    }

    private long containersWhileBound() {
      long held =
          c.ofPod == OfPod.BOTH
              ? Math.max(
                  c.number(Thing.POD, View.ALLOCATED, resource),
                  c.number(Thing.POD, View.ACTUATED, resource))
              : Math.max(greatestMoment(View.ALLOCATED), greatestMoment(View.ACTUATED));
      return c.condition.infeasible() ? held : Math.max(held, greatestMoment(View.SPEC));
    }

    private long overhead() {
      // It is no part of any resize.
      return c.has(Thing.OVERHEAD) && Thing.OVERHEAD.names().contains(resource)
          ? Thing.OVERHEAD.size
          : 0;
    }

    private long greatestMoment(View view) {
      long whileInitializing = seen(Thing.SIDECAR_BEFORE, view) + seen(Thing.INIT, view);
      long whileRunning =
          seen(Thing.FIRST, view)
              + seen(Thing.SECOND, view)
              + seen(Thing.SIDECAR_BEFORE, view)
              + seen(Thing.SIDECAR_AFTER, view);
      return Math.max(whileInitializing, whileRunning);
    }

    /** What a view shows of a container: its own number, or what it falls back to. */
    private long seen(Thing container, View view) {
      boolean reported =
          switch (c.ofContainers) {
            case NOTHING -> false;
            case ALLOCATED, ACTUATED, BOTH -> true;
            case BOTH_OF_THE_FIRST -> container == Thing.FIRST;
          };
      boolean allocated = reported && c.ofContainers != OfContainers.ACTUATED;
      boolean actuated = reported && c.ofContainers != OfContainers.ALLOCATED;
      if (view == View.ACTUATED && actuated) {
        return c.number(container, View.ACTUATED, resource);
      }
      if (view != View.SPEC && allocated) {
        return c.number(container, View.ALLOCATED, resource);
      }
      return view != View.SPEC && c.condition.infeasible()
          ? 0
          : c.number(container, View.SPEC, resource);
    }
  }

  /** Writes a combination down as a pod. */
  private record Maker(Combination c) {

    Pod pod() {
      var spec = new PodSpec();
      spec.setContainers(List.of(container(Thing.FIRST), container(Thing.SECOND)));
      var init = new ArrayList<Container>();
      for (var thing : List.of(Thing.SIDECAR_BEFORE, Thing.INIT, Thing.SIDECAR_AFTER)) {
        if (c.has(thing)) {
          init.add(container(thing));
        }
      }
      spec.setInitContainers(init);
      if (c.has(Thing.OVERHEAD)) {
        spec.setOverhead(
            Map.of(
                "cpu", new Quantity(Thing.OVERHEAD.size + "m"),
                "memory", new Quantity("" + Thing.OVERHEAD.size)));
      }
      if (c.has(Thing.POD)) {
        var named = quantities(Thing.POD, View.SPEC);
        named.keySet().retainAll(c.podLevel);
        spec.setResources(requirements(named));
      }
      var pod = new Pod();
      pod.setSpec(spec);
      pod.setStatus(status());
      return pod;
    }

    private PodStatus status() {
      var status = new PodStatus();
      status.setConditions(conditions());
      if (c.ofContainers != OfContainers.NOTHING) {
        status.setContainerStatuses(
            Stream.of(Thing.SECOND, Thing.FIRST).filter(this::isReported).map(this::told).toList());
        status.setInitContainerStatuses(
            Stream.of(Thing.SIDECAR_BEFORE, Thing.INIT, Thing.SIDECAR_AFTER)
                .filter(c::has)
                .filter(this::isReported)
                .map(this::told)
                .toList());
      }
      switch (c.ofPod) {
        case NOTHING -> {}
        case ALLOCATED -> status.setAllocatedResources(quantities(Thing.POD, View.ALLOCATED));
        case ACTUATED -> status.setResources(requirements(quantities(Thing.POD, View.ACTUATED)));
        case BOTH -> {
          status.setAllocatedResources(quantities(Thing.POD, View.ALLOCATED));
          status.setResources(requirements(quantities(Thing.POD, View.ACTUATED)));
        }
        case ALLOCATED_AND_LIMITS -> {
          status.setAllocatedResources(quantities(Thing.POD, View.ALLOCATED));
          var limits = new ResourceRequirements();
          limits.setLimits(quantities(Thing.POD, View.ACTUATED));
          status.setResources(limits);
        }
      }
      return status;
    }

    private boolean isReported(Thing container) {
      return c.ofContainers != OfContainers.BOTH_OF_THE_FIRST || container == Thing.FIRST;
    }

    private Container container(Thing thing) {
      var container = new Container();
      container.setName(thing.name());
      container.setResources(requirements(quantities(thing, View.SPEC)));
      if (thing == Thing.SIDECAR_BEFORE || thing == Thing.SIDECAR_AFTER) {
        container.setRestartPolicy("Always");
      }
      return container;
    }

    private ContainerStatus told(Thing thing) {
      var status = new ContainerStatus();
      status.setName(thing.name());
      if (c.ofContainers != OfContainers.ACTUATED) {
        status.setAllocatedResources(quantities(thing, View.ALLOCATED));
      }
      if (c.ofContainers != OfContainers.ALLOCATED) {
        status.setResources(requirements(quantities(thing, View.ACTUATED)));
      }
      return status;
    }

    private List<PodCondition> conditions() {
      return switch (c.condition) {
        case NO_CONDITION -> List.of();
        case DEFERRED -> List.of(condition("PodResizePending", "Deferred"));
        case INFEASIBLE -> List.of(condition("PodResizePending", "Infeasible"));
        case IN_PROGRESS -> List.of(condition("PodResizeInProgress", "Error"));
        case IN_PROGRESS_AND_INFEASIBLE ->
            List.of(
                condition("Ready", ""),
                condition("PodResizeInProgress", "Error"),
                condition("PodResizePending", "Infeasible"));
      };
    }

    private static PodCondition condition(String type, String reason) {
      var condition = new PodCondition();
      condition.setType(type);
      condition.setReason(reason);
      condition.setStatus("True");
      return condition;
    }

    private Map<String, Quantity> quantities(Thing thing, View view) {
      var quantities = new HashMap<String, Quantity>();
      for (var resource : thing.names()) {
        long number = c.number(thing, view, resource);
        quantities.put(
            resource,
            resource.equals("cpu") ? new Quantity("" + number, "m") : new Quantity("" + number));
      }
      return quantities;
    }

    private static ResourceRequirements requirements(Map<String, Quantity> requests) {
      var requirements = new ResourceRequirements();
      requirements.setRequests(requests);
      return requirements;
    }
  }
}
