package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.virtualnode.testkit.Simulation;
import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class HarvesterJobTest {

  private final HarvesterJob wide = new HarvesterJob(7, 8, Duration.ofMillis(1500));

  @Test
  void job_has_one_pod_that_is_never_retried() {
    var job = wide.toJob();

    assertThat(job.getMetadata().getName()).isEqualTo("grid-7");
    assertThat(job.getSpec().getBackoffLimit()).isZero();
    assertThat(job.getSpec().getTemplate().getSpec().getRestartPolicy()).isEqualTo("Never");
    assertThat(job.getSpec().getTemplate().getSpec().getActiveDeadlineSeconds()).isPositive();
  }

  @Test
  void pod_asks_for_nine_tenths_of_its_cores_and_limits_its_disk() {
    var resources =
        wide.toJob().getSpec().getTemplate().getSpec().getContainers().get(0).getResources();

    assertThat(resources.getRequests())
        .containsEntry("cpu", new Quantity("7200m"))
        .containsEntry("memory", new Quantity("16Gi"))
        .containsEntry("ephemeral-storage", new Quantity("80Gi"));
    assertThat(resources.getLimits())
        .containsEntry("ephemeral-storage", new Quantity("80Gi"))
        .doesNotContainKey("cpu");
  }

  @Test
  void pod_is_what_harvester_makes_of_a_site_template() {
    var spec = wide.toJob().getSpec().getTemplate().getSpec();

    assertThat(spec.getPriorityClassName()).isEqualTo(HarvesterQueue.PRIORITY_CLASS);
    assertThat(spec.getNodeSelector())
        .containsExactly(entry(HarvesterQueue.POOL, HarvesterQueue.POOL_NAME));
    assertThat(spec.getVolumes())
        .extracting(
            volume -> volume.getConfigMap() == null ? null : volume.getConfigMap().getName(),
            volume -> volume.getSecret() == null ? null : volume.getSecret().getSecretName(),
            volume -> volume.getHostPath() == null ? null : volume.getHostPath().getType())
        .contains(
            tuple(HarvesterQueue.CONFIG_MAP, null, null),
            tuple(null, HarvesterQueue.PROXY_SECRET, null),
            tuple(null, null, "Directory"));
    assertThat(spec.getContainers().get(0).getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .contains("/proxy", "/cvmfs");
  }

  @Test
  void pod_tolerates_the_virtual_node_and_says_how_long_it_runs() {
    var template = wide.toJob().getSpec().getTemplate();

    assertThat(template.getMetadata().getAnnotations()).containsEntry(Simulation.RUN_FOR, "1500ms");
    assertThat(template.getSpec().getTolerations())
        .extracting("key", "operator")
        .containsExactly(tuple("virtualnode.io/provider", "Exists"));
  }
}
