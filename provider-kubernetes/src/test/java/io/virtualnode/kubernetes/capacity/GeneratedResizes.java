package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Resizes of {@link GeneratedPods}, and what a kubelet, a sane one or not, tells of them. */
final class GeneratedResizes {

  private static final List<String> RESIZABLE = List.of("cpu", "memory");

  private final Random random;

  GeneratedResizes(Random random) {
    this.random = random;
  }

  /** The pod with other requests of cpu and memory, such as its resize subresource takes. */
  Pod resized(Pod pod) {
    var copy = new PodBuilder(pod).build();
    containers(copy).forEach(container -> resize(container.getResources()));
    var podLevel = copy.getSpec().getResources();
    if (podLevel != null) {
      resizePodLevel(copy, podLevel);
    }
    copy.getMetadata().setResourceVersion(null);
    return copy;
  }

  private void resize(ResourceRequirements resources) {
    for (var name : RESIZABLE) {
      long request = units(name, resources.getRequests());
      long limit = units(name, resources.getLimits());
      if (request == 0 || random.nextInt(3) == 0) {
        continue;
      }
      long resized = random.nextBoolean() ? 2 * request + 1 : Math.max(1, request / 2);
      if (limit == request) {
        resources.getLimits().put(name, quantity(name, resized));
      } else if (limit > 0) {
        resized = Math.min(resized, limit);
      }
      resources.getRequests().put(name, quantity(name, resized));
    }
  }

  private void resizePodLevel(Pod pod, ResourceRequirements podLevel) {
    var containersOnly = new PodBuilder(pod).build();
    containersOnly.getSpec().setResources(null);
    containersOnly.getSpec().setOverhead(Map.of());
    var sum = Requests.ofSpec(containersOnly);
    for (var name : RESIZABLE) {
      long limit = units(name, podLevel.getLimits());
      if (podLevel.getRequests().containsKey(name)) {
        long request = sum.get(name) + random.nextInt(1000);
        if (limit == units(name, podLevel.getRequests())) {
          request = Math.max(request, limit);
        }
        podLevel.getRequests().put(name, quantity(name, request));
        if (limit > 0) {
          podLevel.getLimits().put(name, quantity(name, Math.max(limit, request)));
        }
      }
    }
  }

  /** A status of the pod after a resize, from any moment of it. */
  PodStatus status(Pod before, Pod after) {
    var phase = after.getSpec().getNodeName() == null ? "Pending" : "Running";
    var status = new PodStatusBuilder(after.getStatus()).withPhase(phase).build();
    if (random.nextInt(4) > 0) {
      var containers = told(before.getSpec().getContainers(), after.getSpec().getContainers());
      if (random.nextInt(8) == 0) {
        containers.addAll(0, absurd(before));
      }
      status.setContainerStatuses(containers);
      status.setInitContainerStatuses(
          told(before.getSpec().getInitContainers(), after.getSpec().getInitContainers()));
    }
    if (random.nextInt(3) == 0) {
      var allocated = list(before, after);
      status.setAllocatedResources(random.nextInt(4) > 0 ? allocated : Map.of());
      var actuated = new ResourceRequirements();
      actuated.setRequests(random.nextInt(4) > 0 ? list(before, after) : Map.of());
      actuated.setLimits(random.nextBoolean() ? allocated : Map.of());
      status.setResources(random.nextInt(4) > 0 ? actuated : null);
    }
    var pending = new PodStatusBuilder(status);
    switch (random.nextInt(5)) {
      case 0 -> condition(pending, "PodResizePending", "Deferred");
      case 1 -> condition(pending, "PodResizePending", "Infeasible");
      case 2 -> condition(pending, "PodResizeInProgress", "");
      case 3 -> {
        condition(pending, "PodResizeInProgress", "Error");
        condition(pending, "PodResizePending", "Infeasible");
      }
      default -> {}
    }
    return pending.build();
  }

  private static void condition(PodStatusBuilder status, String type, String reason) {
    status.addNewCondition().withType(type).withStatus("True").withReason(reason).endCondition();
  }

  /** What a test must have met. */
  static Stream<String> features(Pod pod) {
    var features = new ArrayList<String>();
    var status = pod.getStatus();
    for (var container : status.getContainerStatuses()) {
      if (!container.getAllocatedResources().isEmpty()) {
        features.add("allocated");
      }
      if (container.getResources() != null && !container.getResources().getRequests().isEmpty()) {
        features.add("actuated");
      }
    }
    if (!status.getAllocatedResources().isEmpty()) {
      features.add("pod allocated");
    }
    if (status.getResources() != null) {
      features.add("pod actuated");
      if (pod.getSpec().getResources() != null) {
        features.add("pod-level resize");
      }
    }
    status
        .getConditions()
        .forEach(condition -> features.add(condition.getType() + " " + condition.getReason()));
    var held = Requests.of(pod);
    var asked = Requests.ofSpec(pod);
    features.add(
        held.equals(asked)
            ? "status changes nothing"
            : held.fitsInto(asked) ? "status lowers the request" : "status raises the request");
    return features.stream().distinct();
  }

  private List<ContainerStatus> told(List<Container> before, List<Container> after) {
    var statuses = new ArrayList<ContainerStatus>();
    for (int i = 0; i < before.size(); i++) {
      if (random.nextInt(6) == 0) {
        continue;
      }
      var allocated = list(before.get(i), after.get(i));
      var actuated = new ResourceRequirements();
      actuated.setRequests(list(before.get(i), after.get(i)));
      statuses.add(
          running(before.get(i).getName())
              .withAllocatedResources(random.nextInt(6) == 0 ? Map.of() : allocated)
              .withResources(random.nextInt(6) == 0 ? null : actuated)
              .build());
    }
    return statuses;
  }

  /** What no kubelet writes, and an API server takes. */
  private List<ContainerStatus> absurd(Pod pod) {
    var name = pod.getSpec().getContainers().get(0).getName();
    return List.of(
        running("of-nobody").withAllocatedResources(Given.quantities("cpu", "77")).build(),
        running(name)
            .withAllocatedResources(
                Given.quantities("pods", "5", "storage", "1Gi", "example.org/fpga", "2"))
            .build());
  }

  private static ContainerStatusBuilder running(String name) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withImage("none")
        .withImageID("")
        .withReady(true)
        .withRestartCount(0)
        .withNewState()
        .withNewRunning()
        .endRunning()
        .endState();
  }

  private Map<String, Quantity> list(Container before, Container after) {
    return list(before.getResources().getRequests(), after.getResources().getRequests());
  }

  private Map<String, Quantity> list(Pod before, Pod after) {
    return list(Requests.ofSpec(before).toQuantities(), Requests.ofSpec(after).toQuantities());
  }

  /** What was, what shall be, or something else. */
  private Map<String, Quantity> list(Map<String, Quantity> before, Map<String, Quantity> after) {
    var result = new TreeMap<>(random.nextInt(3) > 0 ? before : after);
    for (var name : RESIZABLE) {
      if (random.nextInt(5) == 0) {
        result.put(name, quantity(name, 1 + random.nextInt(9_000_000)));
      }
    }
    result.remove(Resources.PODS);
    return result;
  }

  private static Stream<Container> containers(Pod pod) {
    return Stream.concat(
        pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream());
  }

  private static long units(String name, Map<String, Quantity> quantities) {
    return Resources.ofQuantities(quantities).get(name);
  }

  private static Quantity quantity(String name, long amount) {
    return name.equals("cpu")
        ? new Quantity(Long.toString(amount), "m")
        : new Quantity(Long.toString(amount));
  }
}
