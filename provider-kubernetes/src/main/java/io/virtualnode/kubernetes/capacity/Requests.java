package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
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
 * pod-level resources (KEP-2837); plus the one pod that {@code NodeInfo} counts. As there, amounts
 * are added exactly and rounded up once per pod: two containers of half a byte request one byte.
 */
public final class Requests {

  private static final Resources ONE_POD = Resources.of(Map.of(Resources.PODS, 1L));

  private Requests() {}

  /** What the scheduler takes from a node for this pod, {@code pods: 1} included. */
  public static Resources of(Pod pod) {
    var sum = ofContainers(pod);
    var podLevel = pod.getSpec().getResources();
    if (podLevel != null) {
      podLevelRequests(pod, podLevel.getRequests())
          .forEach(
              (name, amount) -> {
                if (isPodLevelResource(name)) {
                  sum.put(name, amount);
                }
              });
    }
    add(sum, exact(pod.getSpec().getOverhead()));
    return Resources.ofExact(sum).plus(ONE_POD);
  }

  private static Map<String, BigDecimal> ofContainers(Pod pod) {
    var statuses = statuses(pod);
    boolean infeasible = isResizeInfeasible(pod);
    var status = pod.getStatus();
    var specified = total(pod, Requests::requested);
    if (status == null) {
      return specified;
    }
    Map<String, BigDecimal> held;
    if (isSet(status.getAllocatedResources())
        && status.getResources() != null
        && isSet(status.getResources().getRequests())) {
      held = exact(status.getAllocatedResources());
      raise(held, exact(status.getResources().getRequests()));
    } else if (statuses.isEmpty() && !infeasible) {
      return specified;
    } else {
      held = total(pod, c -> allocated(c, statuses.get(c.getName()), infeasible));
      raise(held, total(pod, c -> actuated(c, statuses.get(c.getName()), infeasible)));
    }
    if (!infeasible) {
      raise(held, specified);
    }
    return held;
  }

  /**
   * The sum over the containers, or the most that any moment of initialization needs: an init
   * container runs beside the sidecars started before it.
   */
  private static Map<String, BigDecimal> total(
      Pod pod, Function<Container, Map<String, BigDecimal>> requestOf) {
    var running = new HashMap<String, BigDecimal>();
    for (var container : pod.getSpec().getContainers()) {
      add(running, requestOf.apply(container));
    }
    var sidecars = new HashMap<String, BigDecimal>();
    var initializing = new HashMap<String, BigDecimal>();
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

  private static Map<String, BigDecimal> requested(Container container) {
    var resources = container.getResources();
    return exact(resources == null ? null : resources.getRequests());
  }

  private static Map<String, BigDecimal> allocated(
      Container container, @Nullable ContainerStatus status, boolean infeasible) {
    if (status != null && isSet(status.getAllocatedResources())) {
      return exact(status.getAllocatedResources());
    }
    return infeasible ? exact(null) : requested(container);
  }

  private static Map<String, BigDecimal> actuated(
      Container container, @Nullable ContainerStatus status, boolean infeasible) {
    if (status != null
        && status.getResources() != null
        && isSet(status.getResources().getRequests())) {
      return exact(status.getResources().getRequests());
    }
    return allocated(container, status, infeasible);
  }

  private static Map<String, BigDecimal> podLevelRequests(
      Pod pod, @Nullable Map<String, Quantity> specifiedRequests) {
    var specified = exact(specifiedRequests);
    if (specified.keySet().stream().noneMatch(Requests::isPodLevelResource)) {
      return Map.of();
    }
    var status = pod.getStatus();
    if (status == null || status.getResources() == null) {
      return specified;
    }
    var held = exact(status.getResources().getRequests());
    raise(held, exact(status.getAllocatedResources()));
    if (!isResizeInfeasible(pod)) {
      raise(held, specified);
    }
    return held;
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

  private static void add(Map<String, BigDecimal> sum, Map<String, BigDecimal> more) {
    more.forEach((name, amount) -> sum.merge(name, amount, BigDecimal::add));
  }

  private static void raise(Map<String, BigDecimal> greatest, Map<String, BigDecimal> other) {
    other.forEach((name, amount) -> greatest.merge(name, amount, BigDecimal::max));
  }

  private static Map<String, BigDecimal> exact(@Nullable Map<String, Quantity> quantities) {
    var result = new HashMap<String, BigDecimal>();
    if (quantities != null) {
      quantities.forEach((name, quantity) -> result.put(name, Amounts.exact(quantity)));
    }
    return result;
  }

  private static boolean isSet(@Nullable Map<String, Quantity> quantities) {
    return quantities != null && !quantities.isEmpty();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
