package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.quantities;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Pods of all shapes that an API server admits: one to three containers, init containers and
 * sidecars in any order, quantities in every notation, limits with and without requests, overhead,
 * pod-level resources.
 */
final class GeneratedPods {

  static final String GPU = "example.org/gpu";

  private static final String HUGE = "hugepages-2Mi";
  private static final long PAGE = 2 << 20;
  private static final Map<String, Map<String, Quantity>> OVERHEADS =
      Map.of(
          "thin", quantities("cpu", "3m", "memory", "100m"),
          "micro-vm", quantities("cpu", "250m", "memory", "160Mi"),
          "memory-only", quantities("memory", "1.5Mi"),
          "disk", quantities("ephemeral-storage", "1Gi", "cpu", "1"));
  private static final List<String> CPU_NOTATIONS = List.of("", "m", "u", "k", "e-3", ".");
  private static final List<String> BYTE_NOTATIONS =
      List.of("", "m", "k", "Ki", "M", "Mi", "Gi", ".", "e3", "e-3");

  private final Random random;

  GeneratedPods(Random random) {
    this.random = random;
  }

  /** What has to exist for the pods' overhead. */
  static List<RuntimeClass> runtimeClasses() {
    return OVERHEADS.entrySet().stream()
        .map(
            overhead ->
                new RuntimeClassBuilder()
                    .withNewMetadata()
                    .withName(overhead.getKey())
                    .endMetadata()
                    .withHandler("generated")
                    .withNewOverhead()
                    .withPodFixed(overhead.getValue())
                    .endOverhead()
                    .build())
        .toList();
  }

  /** Whether a pod has something that a test must have met. */
  static Stream<String> features(Pod pod) {
    var features = new ArrayList<String>();
    var init = pod.getSpec().getInitContainers();
    for (var container : init) {
      features.add("Always".equals(container.getRestartPolicy()) ? "sidecar" : "init container");
    }
    for (int i = 1; i < init.size(); i++) {
      boolean before = "Always".equals(init.get(i - 1).getRestartPolicy());
      boolean after = "Always".equals(init.get(i).getRestartPolicy());
      if (before != after) {
        features.add(before ? "sidecar before init container" : "init container before sidecar");
      }
    }
    if (!pod.getSpec().getOverhead().isEmpty()) {
      features.add("overhead");
    }
    var podLevel = pod.getSpec().getResources();
    if (podLevel != null) {
      podLevel.getRequests().keySet().forEach(name -> features.add("pod-level " + name));
      if (podLevel.getRequests().size() == 1) {
        features.add("pod-level of one resource");
      }
    }
    Requests.of(pod).names().forEach(features::add);
    return features.stream().distinct();
  }

  /** A pod that tolerates everything and goes to no node but the given one. */
  Pod next(String name, String node) {
    // Otherwise the API server completes what is partly set at pod level.
    var left = anyOf(List.of("", "", "cpu", "memory"));
    var init = new ArrayList<Container>();
    for (int i = random.nextInt(2) * random.nextInt(4); i > 0; i--) {
      init.add(
          new ContainerBuilder(container("init-" + i, left))
              .withRestartPolicy(random.nextInt(5) < 2 ? "Always" : null)
              .build());
    }
    var containers = new ArrayList<Container>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      containers.add(container("main-" + i, left));
    }
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName(name)
            .endMetadata()
            .withNewSpec()
            .withContainers(containers)
            .withInitContainers(init)
            .addToNodeSelector("kubernetes.io/hostname", node)
            .addNewToleration()
            .withOperator("Exists")
            .endToleration()
            .endSpec()
            .build();
    if (random.nextInt(5) < 2) {
      pod.getSpec().setResources(podLevel(pod));
    }
    if (random.nextInt(5) < 2) {
      pod.getSpec().setRuntimeClassName(anyOf(List.copyOf(new TreeMap<>(OVERHEADS).keySet())));
    }
    return pod;
  }

  private Container container(String name, String left) {
    var requests = new TreeMap<String, Quantity>();
    var limits = new TreeMap<String, Quantity>();
    if (random.nextInt(5) > 0 && !left.equals("cpu")) {
      overcommittable("cpu", cpu(), requests, limits);
    }
    if (random.nextInt(5) > 0 && !left.equals("memory")) {
      overcommittable("memory", bytes(), requests, limits);
    }
    boolean mayHavePages = !limits.isEmpty() || !requests.isEmpty();
    if (random.nextInt(4) == 0) {
      overcommittable("ephemeral-storage", bytes(), requests, limits);
    }
    if (mayHavePages && random.nextInt(4) == 0) {
      limits.put(HUGE, new Quantity("" + PAGE * (1 + random.nextInt(8))));
      requests.putAll(random.nextBoolean() ? Map.of(HUGE, limits.get(HUGE)) : Map.of());
    }
    if (random.nextInt(4) == 0) {
      limits.put(GPU, new Quantity("" + random.nextInt(4)));
    }
    return new ContainerBuilder()
        .withName(name)
        .withImage("none.invalid/none")
        .withResources(requirements(requests, limits))
        .build();
  }

  private void overcommittable(
      String name,
      Quantity quantity,
      Map<String, Quantity> requests,
      Map<String, Quantity> limits) {
    switch (random.nextInt(4)) {
      case 0 -> limits.put(name, quantity);
      case 1 -> {
        requests.put(name, quantity);
        limits.put(name, units(name, 3 * unitsOf(name, quantity) + 1));
      }
      default -> requests.put(name, quantity);
    }
  }

  /** Some pod-level resources that the containers fit in. */
  private ResourceRequirements podLevel(Pod pod) {
    var sum = Requests.ofSpec(defaulted(pod));
    var requests = new TreeMap<String, Quantity>();
    var limits = new TreeMap<String, Quantity>();
    int which = 1 + random.nextInt(3);
    if ((which & 1) > 0) {
      podLevel("cpu", sum, largestLimit(pod, "cpu"), random.nextInt(2000), requests, limits);
    }
    if ((which & 2) > 0) {
      podLevel("memory", sum, largestLimit(pod, "memory"), random.nextInt(), requests, limits);
    }
    if (random.nextInt(3) == 0) {
      limits.put(HUGE, new Quantity("" + (sum.get(HUGE) + PAGE * (1 + random.nextInt(3)))));
      requests.put(HUGE, limits.get(HUGE));
    }
    return requirements(requests, limits);
  }

  private void podLevel(
      String name,
      Resources sum,
      long largestLimit,
      int more,
      Map<String, Quantity> requests,
      Map<String, Quantity> limits) {
    long request = sum.get(name) + (more & 0xff_ffff);
    if (random.nextInt(3) > 0) {
      requests.put(name, units(name, request));
    }
    if (requests.isEmpty() || random.nextInt(3) == 0) {
      limits.put(name, units(name, Math.max(request, largestLimit) + random.nextInt(2) * 1000L));
    }
  }

  private static long largestLimit(Pod pod, String name) {
    return pod.getSpec().getContainers().stream()
        .map(container -> container.getResources().getLimits().get(name))
        .mapToLong(limit -> limit == null ? 0 : unitsOf(name, limit))
        .max()
        .orElse(0);
  }

  /** With a request wherever there is a limit, as the API server makes it. */
  private static Pod defaulted(Pod pod) {
    var copy = new PodBuilder(pod).build();
    Stream.concat(
            copy.getSpec().getContainers().stream(), copy.getSpec().getInitContainers().stream())
        .map(Container::getResources)
        .forEach(
            resources ->
                resources
                    .getLimits()
                    .forEach((name, limit) -> resources.getRequests().putIfAbsent(name, limit)));
    return copy;
  }

  private Quantity cpu() {
    int number = 1 + random.nextInt(4000);
    return switch (anyOf(CPU_NOTATIONS)) {
      case "" -> new Quantity("" + number % 8);
      case "." -> new Quantity(number / 1000 + "." + number % 1000);
      case "k" -> new Quantity("0.00" + number % 1000 + "k");
      case "u" -> new Quantity("" + number * 321, "u");
      case "e-3" -> new Quantity(number + "e-3");
      default -> new Quantity("" + number, "m");
    };
  }

  private Quantity bytes() {
    int number = 1 + random.nextInt(9999);
    return switch (anyOf(BYTE_NOTATIONS)) {
      case "" -> new Quantity("" + number * 123_457L);
      case "m" -> new Quantity("" + number * 1_234_567L, "m");
      case "Gi" -> new Quantity("" + number % 8 + "." + number % 10, "Gi");
      case "." -> new Quantity(number + ".5");
      case "Ki" -> new Quantity("" + number, "Ki");
      case "Mi" -> new Quantity("" + number, "Mi");
      case "k" -> new Quantity("" + number, "k");
      case "M" -> new Quantity("" + number, "M");
      case "e3" -> new Quantity(number + "e3");
      default -> new Quantity(number + "e-3");
    };
  }

  private <T> T anyOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static long unitsOf(String name, Quantity quantity) {
    return Resources.ofQuantities(Map.of(name, quantity)).get(name);
  }

  private static Quantity units(String name, long amount) {
    return name.equals("cpu")
        ? new Quantity(Long.toString(amount), "m")
        : new Quantity(Long.toString(amount));
  }

  private static ResourceRequirements requirements(
      Map<String, Quantity> requests, Map<String, Quantity> limits) {
    var requirements = new ResourceRequirements();
    requirements.setRequests(requests);
    requirements.setLimits(limits);
    return requirements;
  }
}
