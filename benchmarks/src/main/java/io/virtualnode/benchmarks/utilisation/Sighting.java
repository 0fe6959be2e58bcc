package io.virtualnode.benchmarks.utilisation;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.testkit.LocalCluster;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the API servers say about the jobs of one system: the creation of each pod where it was
 * submitted, and its container's times where it ran, by the job's number on both.
 */
final class Sighting {

  private final Contestant contestant;

  Sighting(Contestant contestant) {
    this.contestant = contestant;
  }

  List<JobRun> runs(List<GridJob> jobs, Instant begin) {
    var submitted = byJob(contestant.queue());
    Map<Integer, List<Pod>> ran = new HashMap<>();
    contestant
        .sites()
        .forEach(
            site -> byJob(site).forEach((job, pods) -> ran.merge(job, pods, Sighting::concat)));
    var runs = new ArrayList<JobRun>();
    for (var job : jobs) {
      var pod = only(job, "submitted", submitted.getOrDefault(job.number(), List.of()));
      var run =
          only(
              job,
              "run",
              ran.getOrDefault(job.number(), List.of()).stream()
                  .filter(Sighting::hasStarted)
                  .toList());
      if (!pod.getStatus().getPhase().equals("Succeeded")) {
        throw failure(job, "is " + pod.getStatus().getPhase());
      }
      var end = end(job, run);
      runs.add(
          new JobRun(
              job,
              millis(begin, pod.getMetadata().getCreationTimestamp()),
              millis(begin, end.getStartedAt()),
              millis(begin, end.getFinishedAt()),
              run.getSpec().getNodeName()));
    }
    return runs;
  }

  private static Map<Integer, List<Pod>> byJob(LocalCluster cluster) {
    Map<Integer, List<Pod>> pods = new HashMap<>();
    for (var pod :
        cluster
            .client()
            .pods()
            .inNamespace(JobPod.NAMESPACE)
            .withLabel(JobPod.JOB)
            .list()
            .getItems()) {
      int job = Integer.parseInt(pod.getMetadata().getLabels().get(JobPod.JOB));
      pods.merge(job, List.of(pod), Sighting::concat);
    }
    return pods;
  }

  private static List<Pod> concat(List<Pod> some, List<Pod> others) {
    var all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }

  /** A pod that was taken back before it began has none. */
  private static boolean hasStarted(Pod pod) {
    return !pod.getStatus().getContainerStatuses().isEmpty();
  }

  private ContainerStateTerminated end(GridJob job, Pod pod) {
    var end = pod.getStatus().getContainerStatuses().get(0).getState().getTerminated();
    if (end == null || end.getStartedAt() == null || end.getFinishedAt() == null) {
      throw failure(job, "has no end in " + pod.getStatus());
    }
    return end;
  }

  private Pod only(GridJob job, String what, List<Pod> pods) {
    if (pods.size() != 1) {
      throw failure(job, "was %s %d times".formatted(what, pods.size()));
    }
    return pods.get(0);
  }

  private IllegalStateException failure(GridJob job, String what) {
    return new IllegalStateException(
        "job %d %s in %s".formatted(job.number(), what, contestant.name()));
  }

  private static long millis(Instant begin, String time) {
    return Instant.parse(time).toEpochMilli() - begin.toEpochMilli();
  }
}
