package io.virtualnode.benchmarks;

/** The pods that are submitted: of one core, with a simulated life of a set length. */
final class PodText {

  private PodText() {}

  static String of(String name, int runMillis) {
    return """
        {"apiVersion": "v1", "kind": "Pod",
         "metadata": {"name": "%s", "labels": {"app": "benchmark"},
          "annotations": {"sim.virtualnode.io/run-for": "%dms"}},
         "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 5,
          "tolerations": [{"key": "virtualnode.io/provider", "operator": "Exists"}],
          "containers": [{"name": "main", "image": "example.org/job:1",
           "command": ["/bin/sh", "-c", "work"],
           "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
           "resources": {"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"},
            "limits": {"memory": "2Gi"}}}]}}"""
        .formatted(name, runMillis);
  }
}
