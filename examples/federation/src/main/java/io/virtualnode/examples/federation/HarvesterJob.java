package io.virtualnode.examples.federation;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import java.util.Map;

/**
 * A Job as PanDA Harvester submits one for each of its workers: one pod, never retried, that asks
 * for nine tenths of its cores so that a node's own daemons do not keep the last slot empty.
 *
 * @param workerId the number that Harvester gives the worker
 * @param cores 1 for a single-core job, 8 for a multi-core one
 * @param runFor how long its simulated payload takes
 */
record HarvesterJob(long workerId, int cores, Duration runFor) {

  /** The queue's name, with which the names of its Jobs begin. */
  static final String QUEUE = "grid";

  private static final int REQUESTED_MILLIS_PER_CORE = 900;
  private static final long DEADLINE_SECONDS = Duration.ofDays(4).toSeconds();
  private static final String RESOURCE_TYPE = "resourceType";

  String name() {
    return QUEUE + "-" + workerId;
  }

  Job toJob() {
    return new JobBuilder()
        .withNewMetadata()
        .withName(name())
        .endMetadata()
        .withNewSpec()
        .withBackoffLimit(0)
        .withNewTemplate()
        .withNewMetadata()
        .addToLabels(RESOURCE_TYPE, resourceType())
        .addToAnnotations(Simulation.RUN_FOR, runFor.toMillis() + "ms")
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withActiveDeadlineSeconds(DEADLINE_SECONDS)
        .withAffinity(packing())
        .withTolerations(
            new Toleration("NoSchedule", "virtualnode.io/provider", "Exists", null, null))
        .addNewContainer()
        .withName("pilot")
        .withImage("example.org/pilot:1")
        .withCommand("/usr/bin/bash", "-c", "pilot-wrapper --queue " + QUEUE)
        .withResources(resources())
        .withEnv(
            new EnvVarBuilder().withName("pandaQueueName").withValue(QUEUE).build(),
            new EnvVarBuilder().withName("workerID").withValue("" + workerId).build(),
            new EnvVarBuilder()
                .withName("nodeName")
                .withNewValueFrom()
                .withNewFieldRef("v1", "spec.nodeName")
                .endValueFrom()
                .build())
        .addNewVolumeMount()
        .withName("pilot-dir")
        .withMountPath("/pilotdir")
        .endVolumeMount()
        .endContainer()
        .addNewVolume()
        .withName("pilot-dir")
        .withNewEmptyDir()
        .endEmptyDir()
        .endVolume()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  private String resourceType() {
    return cores == 1 ? "SCORE" : "MCORE";
  }

  private ResourceRequirements resources() {
    var disk = new Quantity(10L * cores + "Gi");
    return new ResourceRequirementsBuilder()
        .withRequests(
            Map.of(
                "cpu", new Quantity(REQUESTED_MILLIS_PER_CORE * cores + "m"),
                "memory", new Quantity(2L * cores + "Gi"),
                "ephemeral-storage", disk))
        .withLimits(Map.of("ephemeral-storage", disk))
        .build();
  }

  /** Single-core jobs rather share nodes, which leaves whole nodes to the wide ones. */
  private static Affinity packing() {
    return new AffinityBuilder()
        .withNewPodAffinity()
        .addNewPreferredDuringSchedulingIgnoredDuringExecution()
        .withWeight(100)
        .withNewPodAffinityTerm()
        .withNewLabelSelector()
        .addNewMatchExpression()
        .withKey(RESOURCE_TYPE)
        .withOperator("In")
        .withValues("SCORE")
        .endMatchExpression()
        .endLabelSelector()
        .withTopologyKey("kubernetes.io/hostname")
        .endPodAffinityTerm()
        .endPreferredDuringSchedulingIgnoredDuringExecution()
        .endPodAffinity()
        .build();
  }
}
