package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pod's effective request, computed as kube-scheduler does.
 *
 * <p>Source: {@code PodRequests} in {@code k8s.io/component-helpers/resource/helpers.go} of
 * Kubernetes 1.37 with status resources used (KEP-1287, in-place resize), sidecars (KEP-753) and
 * pod-level resources (KEP-2837); plus the one pod that {@code NodeInfo} counts.
 */
public final class Requests {

  private static final Resources ONE_POD = Resources.of(Map.of(Resources.PODS, 1L));

  private Requests() {}

  /** What the scheduler takes from a node for this pod, {@code pods: 1} included. */
  public static Resources of(Pod pod) {
    var sum = ofContainers(pod);
    var podLevel = pod.getSpec().getResources();
    if (podLevel != null) {
      sum = overriddenBy(sum, podLevelRequests(pod, podLevel.getRequests()));
    }
    return sum.plus(Resources.ofQuantities(pod.getSpec().getOverhead())).plus(ONE_POD);
  }

  private static Resources ofContainers(Pod pod) {
    var statuses = statuses(pod);
    boolean infeasible = isResizeInfeasible(pod);
    var specified = total(pod, Requests::requested);
    var status = pod.getStatus();
    if (status == null || (statuses.isEmpty() && !isSet(status.getAllocatedResources()))) {
      return specified;
    }
    Resources allocated;
    Resources actuated;
    if (isSet(status.getAllocatedResources())
        && status.getResources() != null
        && isSet(status.getResources().getRequests())) {
      allocated = Resources.ofQuantities(status.getAllocatedResources());
      actuated = Resources.ofQuantities(status.getResources().getRequests());
    } else {
      allocated = total(pod, c -> allocated(c, statuses.get(c.getName()), infeasible));
      actuated = total(pod, c -> actuated(c, statuses.get(c.getName()), infeasible));
    }
    var held = allocated.max(actuated);
    return infeasible ? held : held.max(specified);
  }

  /**
   * The sum over the containers, or the most that any moment of initialization needs: an init
   * container runs beside the sidecars started before it.
   */
  private static Resources total(Pod pod, Function<Container, Resources> requestOf) {
    var running = Resources.NONE;
    for (var container : pod.getSpec().getContainers()) {
      running = running.plus(requestOf.apply(container));
    }
    var sidecars = Resources.NONE;
    var initializing = Resources.NONE;
    for (var container : orEmpty(pod.getSpec().getInitContainers())) {
      var request = requestOf.apply(container);
      if ("Always".equals(container.getRestartPolicy())) {
        running = running.plus(request);
        sidecars = sidecars.plus(request);
        initializing = initializing.max(sidecars);
      } else {
        initializing = initializing.max(sidecars.plus(request));
      }
    }
    return running.max(initializing);
  }

  private static Resources requested(Container container) {
    var resources = container.getResources();
    return resources == null ? Resources.NONE : Resources.ofQuantities(resources.getRequests());
  }

  private static Resources allocated(
      Container container, @Nullable ContainerStatus status, boolean infeasible) {
    if (status != null && isSet(status.getAllocatedResources())) {
      return Resources.ofQuantities(status.getAllocatedResources());
    }
    return infeasible ? Resources.NONE : requested(container);
  }

  private static Resources actuated(
      Container container, @Nullable ContainerStatus status, boolean infeasible) {
    if (status != null
        && status.getResources() != null
        && isSet(status.getResources().getRequests())) {
      return Resources.ofQuantities(status.getResources().getRequests());
    }
    return allocated(container, status, infeasible);
  }

  private static Resources podLevelRequests(
      Pod pod, @Nullable Map<String, Quantity> specifiedRequests) {
    var specified = Resources.ofQuantities(specifiedRequests);
    if (specified.names().stream().noneMatch(Requests::isPodLevelResource)) {
      return Resources.NONE;
    }
    var status = pod.getStatus();
    if (status == null || status.getResources() == null) {
      return specified;
    }
    var held =
        Resources.ofQuantities(status.getResources().getRequests())
            .max(Resources.ofQuantities(status.getAllocatedResources()));
    return isResizeInfeasible(pod) ? held : held.max(specified);
  }

  private static Resources overriddenBy(Resources sum, Resources podLevel) {
    var result = new HashMap<String, Long>();
    sum.names().forEach(name -> result.put(name, sum.get(name)));
    podLevel.names().stream()
        .filter(Requests::isPodLevelResource)
        .forEach(name -> result.put(name, podLevel.get(name)));
    return Resources.of(result);
  }

  private static boolean isPodLevelResource(String name) {
    return name.equals(Resources.CPU) || name.equals("memory") || name.startsWith("hugepages-");
  }

  private static boolean isResizeInfeasible(Pod pod) {
    var status = pod.getStatus();
    return status != null
        && orEmpty(status.getConditions()).stream()
            .filter(condition -> "PodResizePending".equals(condition.getType()))
            .findFirst()
            .filter(condition -> "Infeasible".equals(condition.getReason()))
            .isPresent();
  }

  private static Map<String, ContainerStatus> statuses(Pod pod) {
    var status = pod.getStatus();
    if (status == null) {
      return Map.of();
    }
    var byName = new HashMap<String, ContainerStatus>();
    orEmpty(status.getInitContainerStatuses()).forEach(s -> byName.put(s.getName(), s));
    orEmpty(status.getContainerStatuses()).forEach(s -> byName.put(s.getName(), s));
    return byName;
  }

  private static boolean isSet(@Nullable Map<String, Quantity> quantities) {
    return quantities != null && !quantities.isEmpty();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
