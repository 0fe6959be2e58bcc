package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.testkit.Simulation;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the pods of a {@link Churn}, of every shape and fate, by chance. */
final class ChurnPods {

  private static final List<String> OUTCOMES =
      List.of(
          Simulation.OUTCOME_OOM_KILLED,
          Simulation.OUTCOME_EVICTED,
          Simulation.OUTCOME_IMAGE_PULL_BACK_OFF);

  /** The last fits no node of the members, even if it is empty. */
  private static final List<String> FORWARDED =
      Stream.of(
              Collections.nCopies(4, "250m"),
              Collections.nCopies(9, "1"),
              Collections.nCopies(3, "1500m"),
              List.of("4", "4", "8", "9"))
          .flatMap(List::stream)
          .toList();

  private final Random random;

  ChurnPods(Random random) {
    this.random = random;
  }

  /** A pod that goes to the virtual node. */
  Pod forwarded(String name) {
    return shaped(Federation.pod(name, "1", life()), FORWARDED.get(random.nextInt(20)));
  }

  /** A pod of a member's own. */
  Pod local(String name) {
    var cpu = List.of("100m", "500m", "1", "2").get(random.nextInt(4));
    var pod = shaped(Federation.localPod(name, "1"), cpu);
    pod.getMetadata().setAnnotations(life());
    return pod;
  }

  private Map<String, String> life() {
    var life = new HashMap<String, String>();
    life.put(Simulation.RUN_FOR, 200 + random.nextInt(4000) + "ms");
    if (random.nextInt(3) == 0) {
      life.put(Simulation.START_DELAY, random.nextInt(800) + "ms");
    }
    if (random.nextInt(3) == 0) {
      life.put(Simulation.STOP_DELAY, random.nextInt(2500) + "ms");
    }
    if (random.nextInt(6) == 0) {
      life.put(Simulation.EXIT_CODE, String.valueOf(1 + random.nextInt(254)));
    } else if (random.nextInt(8) == 0) {
      life.put(Simulation.OUTCOME, OUTCOMES.get(random.nextInt(OUTCOMES.size())));
    }
    return life;
  }

  private Pod shaped(Pod pod, String cpu) {
    var spec = pod.getSpec();
    int dice = random.nextInt(10);
    if (dice < 5) {
      spec.setContainers(List.of(container("main", cpu, null)));
    } else if (dice < 7) {
      spec.setContainers(List.of(container("main", cpu, null), container("beside", "300m", null)));
    } else if (dice < 9) {
      spec.setContainers(List.of(container("main", cpu, null)));
      spec.setInitContainers(
          List.of(
              container("first", random.nextBoolean() ? "2" : "100m", null),
              container("second", "50m", null)));
    } else {
      spec.setContainers(List.of(container("main", cpu, null)));
      spec.setInitContainers(
          List.of(container("sidecar", "200m", "Always"), container("before", "1", null)));
    }
    return pod;
  }

  private Container container(String name, String cpu, @Nullable String restartPolicy) {
    return new ContainerBuilder()
        .withName(name)
        .withImage("example.org/job:1")
        .withRestartPolicy(restartPolicy)
        .withNewResources()
        .addToRequests("cpu", new Quantity(cpu))
        .addToRequests("memory", new Quantity(50 + random.nextInt(1500) + "Mi"))
        .addToRequests("ephemeral-storage", new Quantity((1 + random.nextInt(30)) / 10.0 + "Gi"))
        .endResources()
        .build();
  }
}
