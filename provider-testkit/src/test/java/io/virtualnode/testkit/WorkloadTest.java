package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WorkloadTest {

  @Test
  @DisplayName("an 8-core job asks for 7200m, is never tried again and never restarted")
  void harvesterShape() {
    Job job = Workload.named("job").in("grid").withSlot(8, "16Gi", "80Gi").job();
    assertThat(job.getMetadata().getNamespace()).isEqualTo("grid");
    assertThat(job.getSpec().getBackoffLimit()).isZero();
    PodSpec pod = job.getSpec().getTemplate().getSpec();
    assertThat(pod.getRestartPolicy()).isEqualTo("Never");
    Container container = pod.getContainers().get(0);
    assertThat(container.getResources().getRequests())
        .containsOnly(
            entry("cpu", new Quantity("7200m")),
            entry("memory", new Quantity("16Gi")),
            entry("ephemeral-storage", new Quantity("80Gi")));
    assertThat(container.getResources().getLimits())
        .containsOnly(
            entry("memory", new Quantity("16Gi")),
            entry("ephemeral-storage", new Quantity("80Gi")));
  }

  @Test
  @DisplayName("each change makes a copy")
  void immutable() {
    Workload plain = Workload.named("job");
    Workload changed =
        plain
            .runningFor(Duration.ofMillis(1500))
            .exitingWith(64)
            .withOutcome(Simulation.OUTCOME_EVICTED)
            .withConfigMap("settings")
            .withLabel("k", "v")
            .withNodeSelector("site", "a")
            .withActiveDeadline(Duration.ofMinutes(2));

    assertThat(plain.pod().getMetadata().getAnnotations()).isEmpty();
    assertThat(plain.pod().getSpec().getVolumes()).hasSize(1);
    assertThat(changed.pod().getMetadata().getAnnotations())
        .containsEntry("sim.virtualnode.io/run-for", "1500ms")
        .containsEntry("sim.virtualnode.io/exit-code", "64")
        .containsEntry("sim.virtualnode.io/outcome", "Evicted");
    assertThat(changed.job().getMetadata().getLabels()).containsEntry("k", "v");
    assertThat(changed.pod().getSpec().getNodeSelector()).containsEntry("site", "a");
    assertThat(changed.pod().getSpec().getActiveDeadlineSeconds()).isEqualTo(120);
    assertThat(changed.pod().getSpec().getVolumes()).hasSize(2);
    assertThat(changed.pod().getSpec().getContainers().get(0).getVolumeMounts()).hasSize(2);
  }

  @Test
  @DisplayName("what Harvester mounts is where its pilots look for it")
  void mounts() {
    PodSpec spec =
        Workload.named("job")
            .withConfigMap("settings")
            .withProxySecret("grid-proxy")
            .withCvmfs()
            .withPriorityClass("batch")
            .pod()
            .getSpec();

    assertThat(spec.getPriorityClassName()).isEqualTo("batch");
    assertThat(spec.getVolumes())
        .anyMatch(v -> v.getConfigMap() != null && v.getConfigMap().getName().equals("settings"))
        .anyMatch(v -> v.getSecret() != null && v.getSecret().getSecretName().equals("grid-proxy"))
        .anyMatch(v -> v.getHostPath() != null && v.getHostPath().getType().equals("Directory"));
    assertThat(spec.getContainers().get(0).getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .containsExactlyInAnyOrder("/scratch", "/etc/job", "/proxy", "/cvmfs");
  }

  @Test
  @DisplayName("a change of what it hands out does not reach the workload")
  void noSharing() {
    Workload workload = Workload.named("job");
    workload.job().getSpec().getTemplate().getSpec().setRestartPolicy("Always");
    workload.pod().getSpec().setRestartPolicy("Always");
    workload.with(
        spec -> {
          spec.setRestartPolicy("Always");
          return spec;
        });
    assertThat(workload.pod().getSpec().getRestartPolicy()).isEqualTo("Never");
    assertThat(workload.job().getSpec().getTemplate().getSpec().getRestartPolicy())
        .isEqualTo("Never");
  }
}
