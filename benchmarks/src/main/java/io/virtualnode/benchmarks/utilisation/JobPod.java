package io.virtualnode.benchmarks.utilisation;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.testkit.Simulation;
import java.util.Map;

/** The pod of a job, the same for every system. */
final class JobPod {

  static final String NAMESPACE = "default";

  /** On pod and delegate: the job's number. */
  static final String JOB = "utilisation/job";

  private JobPod() {}

  static Pod of(GridJob job, String prefix, boolean wideFirst) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(NAMESPACE)
            .withName(prefix + "-" + job.number())
            .addToLabels(JOB, Integer.toString(job.number()))
            .addToAnnotations(Simulation.RUN_FOR, job.runMillis() + "ms")
            .endMetadata()
            .withNewSpec()
            .withRestartPolicy("Never")
            .addNewToleration()
            .withKey("virtualnode.io/provider")
            .withOperator("Exists")
            .endToleration()
            .addNewContainer()
            .withName("job")
            .withImage("registry.example.org/grid/worker:1")
            .withNewResources()
            .withRequests(
                Map.of(
                    "cpu", new Quantity(Integer.toString(job.cores())),
                    "memory", new Quantity(2 * job.cores() + "Gi")))
            .endResources()
            .endContainer()
            .endSpec()
            .build();
    if (job.isWide() && wideFirst) {
      pod.getSpec().setPriorityClassName(Contestant.WIDE_FIRST);
    }
    return pod;
  }
}
