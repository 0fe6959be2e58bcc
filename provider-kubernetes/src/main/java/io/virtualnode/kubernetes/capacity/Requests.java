package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A pod's effective request, computed as kube-scheduler does.
 *
 * <p>Sources, of Kubernetes v1.37.2 with its default feature gates ({@code
 * pkg/features/kube_features.go}: InPlacePodVerticalScaling,
 * InPlacePodLevelResourcesVerticalScaling and PodLevelResources on, DRANodeAllocatableResources
 * off):
 *
 * <ul>
 *   <li>{@code PodRequests} in {@code k8s.io/component-helpers/resource/helpers.go} v0.37.2: the
 *       sum itself, with sidecars (KEP-753), in-place resize (KEP-1287) and pod-level resources
 *       (KEP-2837, KEP-5419).
 *   <li>{@code PodInfo.CalculateResource} and {@code Resource.Add} in {@code
 *       pkg/scheduler/framework/types.go}, {@code IsScalarResourceName} in {@code
 *       pkg/scheduler/util/utils.go}: what a bound pod takes of its node ({@link #of}).
 *   <li>{@code computePodResourceRequest} in {@code
 *       pkg/scheduler/framework/plugins/noderesources/fit.go} and {@code
 *       podRequestsAndLimitsByLifecycle} in {@code pkg/scheduler/metrics/resources/resources.go}:
 *       what a pod must find free to be bound, and what {@code /metrics/resources} tells ({@link
 *       #ofSpec}).
 * </ul>
 *
 * <p>As there, amounts are added exactly and rounded up once per pod: two containers of half a byte
 * request one byte. One pod is added, which {@code NodeInfo} counts by the length of its list.
 */
public final class Requests {

  private static final Resources ONE_POD = Resources.of(Map.of(Resources.PODS, 1L));
  private static final String REQUESTS = "requests.";
  private static final Pattern EXTENDED =
      Pattern.compile(
          "(?=[^/]{1,253}/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
              + "/(?=.{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");

  private Requests() {}

  /**
   * What the scheduler subtracts from a node for this pod once it is bound, {@code pods: 1}
   * included: with what its status says is allocated, while a resize is under way.
   */
  public static Resources of(Pod pod) {
    return counted(podRequests(pod, true));
  }

  /**
   * What the scheduler wants a node to have free before it binds this pod, {@code pods: 1}
   * included: by its spec alone, which is also what it tells in its metric {@code
   * kube_pod_resource_request}. What has overflowed to less than nothing counts as nothing here.
   */
  public static Resources ofSpec(Pod pod) {
    return counted(podRequests(pod, false)).nonNegative();
  }

  /** {@code Resource.Add}: other names, which only a status can have, count nothing. */
  private static Resources counted(Map<String, Amount> requests) {
    requests.keySet().removeIf(name -> !isCounted(name));
    return Resources.ofExact(requests).plus(ONE_POD);
  }

  private static boolean isCounted(String name) {
    return switch (name) {
      case Resources.CPU, "memory", "ephemeral-storage" -> true;
      default ->
          name.startsWith("hugepages-")
              || name.startsWith("attachable-volumes-")
              || name.contains("kubernetes.io/")
              || (!name.startsWith(REQUESTS) && EXTENDED.matcher(REQUESTS + name).matches());
    };
  }

  private static Map<String, Amount> podRequests(Pod pod, boolean useStatus) {
    var sum = useStatus ? ofContainersWithStatus(pod) : ofContainers(pod, Requests::specified);
    ofPodLevel(pod, useStatus)
        .forEach(
            (name, amount) -> {
              if (isPodLevelResource(name)) {
                sum.put(name, amount);
              }
            });
    add(sum, amounts(pod.getSpec().getOverhead()));
    return sum;
  }

  /** {@code AggregateContainerRequests} with UseStatusResources. */
  private static Map<String, Amount> ofContainersWithStatus(Pod pod) {
    var specified = ofContainers(pod, Requests::specified);
    var status = pod.getStatus();
    if (status == null) {
      return specified;
    }
    var statuses = statuses(pod);
    boolean infeasible = isResizeInfeasible(pod);
    Map<String, Amount> held;
    if (isSet(status.getAllocatedResources())
        && status.getResources() != null
        && isSet(status.getResources().getRequests())) {
      held = amounts(status.getResources().getRequests());
      raise(held, amounts(status.getAllocatedResources()));
    } else if (statuses.isEmpty() && !infeasible) {
      return specified;
    } else {
      held = ofContainers(pod, c -> actuated(c, statuses.get(c.getName()), infeasible));
      raise(held, ofContainers(pod, c -> allocated(c, statuses.get(c.getName()), infeasible)));
    }
    if (infeasible) {
      return held;
    }
    raise(specified, held);
    return specified;
  }

  /**
   * {@code aggregateContainerResourcesByFn}: the sum over the containers, or the most that any
   * moment of initialization needs, where an init container runs beside the sidecars started before
   * it.
   */
  private static Map<String, Amount> ofContainers(
      Pod pod, Function<Container, Map<String, Amount>> requestOf) {
    var running = new HashMap<String, Amount>();
    for (var container : pod.getSpec().getContainers()) {
      add(running, requestOf.apply(container));
    }
    var sidecars = new HashMap<String, Amount>();
    var initializing = new HashMap<String, Amount>();
    for (var container : orEmpty(pod.getSpec().getInitContainers())) {
      var request = requestOf.apply(container);
      if ("Always".equals(container.getRestartPolicy())) {
        add(running, request);
        add(sidecars, request);
      } else {
        add(request, sidecars);
        raise(initializing, request);
      }
    }
    raise(running, initializing);
    return running;
  }

  private static Map<String, Amount> specified(Container container) {
    var resources = container.getResources();
    return amounts(resources == null ? null : resources.getRequests());
  }

  private static Map<String, Amount> allocated(
      Container container, @Nullable ContainerStatus status, boolean infeasible) {
    if (status != null && isSet(status.getAllocatedResources())) {
      return amounts(status.getAllocatedResources());
    }
    return infeasible ? amounts(null) : specified(container);
  }

  private static Map<String, Amount> actuated(
      Container container, @Nullable ContainerStatus status, boolean infeasible) {
    if (status != null
        && status.getResources() != null
        && isSet(status.getResources().getRequests())) {
      return amounts(status.getResources().getRequests());
    }
    return allocated(container, status, infeasible);
  }

  /** {@code effectivePodLevelResources}; nothing when the spec has no pod-level request. */
  private static Map<String, Amount> ofPodLevel(Pod pod, boolean useStatus) {
    var resources = pod.getSpec().getResources();
    var specified = amounts(resources == null ? null : resources.getRequests());
    if (specified.keySet().stream().noneMatch(Requests::isPodLevelResource)) {
      return Map.of();
    }
    var status = pod.getStatus();
    if (!useStatus || status == null || status.getResources() == null) {
      return specified;
    }
    var held = amounts(status.getResources().getRequests());
    raise(held, amounts(status.getAllocatedResources()));
    if (isResizeInfeasible(pod)) {
      return held;
    }
    raise(specified, held);
    return specified;
  }

  private static boolean isPodLevelResource(String name) {
    return name.equals(Resources.CPU) || name.equals("memory") || name.startsWith("hugepages-");
  }

  /** {@code IsPodResizeInfeasible}: the first condition of the type decides. */
  private static boolean isResizeInfeasible(Pod pod) {
    var status = pod.getStatus();
    return status != null
        && orEmpty(status.getConditions()).stream()
            .filter(condition -> "PodResizePending".equals(condition.getType()))
            .findFirst()
            .filter(condition -> "Infeasible".equals(condition.getReason()))
            .isPresent();
  }

  /** {@code findContainerStatus}: of several with one name the first counts. */
  private static Map<String, ContainerStatus> statuses(Pod pod) {
    var status = pod.getStatus();
    var byName = new HashMap<String, ContainerStatus>();
    orEmpty(status.getContainerStatuses()).forEach(s -> byName.putIfAbsent(s.getName(), s));
    orEmpty(status.getInitContainerStatuses()).forEach(s -> byName.putIfAbsent(s.getName(), s));
    return byName;
  }

  private static void add(Map<String, Amount> sum, Map<String, Amount> more) {
    more.forEach((name, amount) -> sum.merge(name, amount, Amount::plus));
  }

  private static void raise(Map<String, Amount> greatest, Map<String, Amount> other) {
    other.forEach((name, amount) -> greatest.merge(name, amount, Amount::max));
  }

  private static Map<String, Amount> amounts(@Nullable Map<String, Quantity> quantities) {
    var result = new HashMap<String, Amount>();
    if (quantities != null) {
      quantities.forEach((name, quantity) -> result.put(name, Amount.of(quantity)));
    }
    return result;
  }

  /**
   * Not nil in the scheduler's eyes: an empty list is lost on the way to it, in JSON and protobuf.
   */
  private static boolean isSet(@Nullable Map<String, Quantity> quantities) {
    return quantities != null && !quantities.isEmpty();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
