package io.virtualnode.examples.federation;

import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.virtualnode.testkit.Workload;
import java.time.Duration;

/**
 * A Job as PanDA Harvester submits one for each of its workers: one pod, never retried, that asks
 * for nine tenths of its cores so that a node's own daemons do not keep the last slot empty, has a
 * non-preempting priority, mounts its configuration, its grid proxy and CVMFS, and chooses nodes by
 * a label of the site. What it refers to is in {@link HarvesterQueue}.
 *
 * @param workerId the number that Harvester gives the worker
 * @param cores 1 for a single-core job, 8 for a multi-core one
 * @param runFor how long its simulated payload takes
 */
record HarvesterJob(long workerId, int cores, Duration runFor) {

  /** The queue's name, with which the names of its Jobs begin. */
  static final String QUEUE = "grid";

  String name() {
    return QUEUE + "-" + workerId;
  }

  Job toJob() {
    return Workload.named(name())
        .withSlot(cores, 2 * cores + "Gi", 10 * cores + "Gi")
        .withLabel("resourceType", cores == 1 ? "SCORE" : "MCORE")
        .withPriorityClass(HarvesterQueue.PRIORITY_CLASS)
        .withNodeSelector(HarvesterQueue.POOL, HarvesterQueue.POOL_NAME)
        .withConfigMap(HarvesterQueue.CONFIG_MAP)
        .withProxySecret(HarvesterQueue.PROXY_SECRET)
        .withCvmfs()
        .runningFor(runFor)
        .with(
            spec ->
                new PodSpecBuilder(spec)
                    .addNewToleration()
                    .withKey("virtualnode.io/provider")
                    .withOperator("Exists")
                    .endToleration()
                    .build())
        .job();
  }
}
