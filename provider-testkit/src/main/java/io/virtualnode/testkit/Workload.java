package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A grid job as PanDA Harvester submits it: one container that asks for nine tenths of its cores,
 * for memory and for ephemeral storage, never restarted, with a deadline, packed by a preferred pod
 * affinity. Instances are immutable; each {@code with} method returns a changed copy.
 *
 * @param namespace where it is submitted
 * @param name name of the Job or Pod
 * @param cores cores of the slot; the CPU request is 0.9 of them
 * @param memory request and limit, as in "2Gi"
 * @param ephemeralStorage request and limit, as in "4Gi"
 * @param activeDeadline after which the kubelet ends it
 * @param annotations of the pod: what {@link Simulation} reads
 * @param labels of the pod and the Job
 * @param nodeSelector of the pod
 * @param configMap a config map that is mounted at /etc/job
 */
public record Workload(
    String namespace,
    String name,
    int cores,
    String memory,
    String ephemeralStorage,
    Duration activeDeadline,
    Map<String, String> annotations,
    Map<String, String> labels,
    Map<String, String> nodeSelector,
    Optional<String> configMap) {

  private static final String IMAGE = "registry.example.org/grid/worker:1";

  /** Copies the maps. */
  public Workload {
    requireNonNull(namespace, "namespace is null");
    requireNonNull(name, "name is null");
    annotations = Map.copyOf(annotations);
    labels = Map.copyOf(labels);
    nodeSelector = Map.copyOf(nodeSelector);
  }

  /** A job of one core, 2 GiB of memory and 4 GiB of disk in the namespace default. */
  public static Workload named(String name) {
    return new Workload(
        "default",
        name,
        1,
        "2Gi",
        "4Gi",
        Duration.ofDays(1),
        Map.of(),
        Map.of("app.kubernetes.io/name", "grid-job"),
        Map.of(),
        Optional.empty());
  }

  /** The same in another namespace. */
  public Workload in(String other) {
    return new Workload(
        other,
        name,
        cores,
        memory,
        ephemeralStorage,
        activeDeadline,
        annotations,
        labels,
        nodeSelector,
        configMap);
  }

  /** The same with a slot of another size; memory and disk are of the whole slot. */
  public Workload withSlot(int newCores, String newMemory, String newEphemeralStorage) {
    return new Workload(
        namespace,
        name,
        newCores,
        newMemory,
        newEphemeralStorage,
        activeDeadline,
        annotations,
        labels,
        nodeSelector,
        configMap);
  }

  /** The same with another deadline, which counts in whole seconds. */
  public Workload withActiveDeadline(Duration deadline) {
    return new Workload(
        namespace,
        name,
        cores,
        memory,
        ephemeralStorage,
        deadline,
        annotations,
        labels,
        nodeSelector,
        configMap);
  }

  /** The same with one more annotation of the pod. */
  public Workload withAnnotation(String key, String value) {
    return new Workload(
        namespace,
        name,
        cores,
        memory,
        ephemeralStorage,
        activeDeadline,
        with(annotations, key, value),
        labels,
        nodeSelector,
        configMap);
  }

  /** The same with one more label of pod and Job. */
  public Workload withLabel(String key, String value) {
    return new Workload(
        namespace,
        name,
        cores,
        memory,
        ephemeralStorage,
        activeDeadline,
        annotations,
        with(labels, key, value),
        nodeSelector,
        configMap);
  }

  /** The same for nodes with this label only. */
  public Workload withNodeSelector(String key, String value) {
    return new Workload(
        namespace,
        name,
        cores,
        memory,
        ephemeralStorage,
        activeDeadline,
        annotations,
        labels,
        with(nodeSelector, key, value),
        configMap);
  }

  /** The same with a config map mounted, which the caller has made. */
  public Workload withConfigMap(String mounted) {
    return new Workload(
        namespace,
        name,
        cores,
        memory,
        ephemeralStorage,
        activeDeadline,
        annotations,
        labels,
        nodeSelector,
        Optional.of(mounted));
  }

  /** The same running for this long, in milliseconds at the finest. */
  public Workload runningFor(Duration duration) {
    return withAnnotation(Simulation.RUN_FOR, duration.toMillis() + "ms");
  }

  /** The same ending with this exit code. */
  public Workload exitingWith(int exitCode) {
    return withAnnotation(Simulation.EXIT_CODE, Integer.toString(exitCode));
  }

  /** The same ending, or never starting, as one of {@link Simulation}'s outcomes says. */
  public Workload withOutcome(String outcome) {
    return withAnnotation(Simulation.OUTCOME, outcome);
  }

  /** The Job that Harvester would submit. */
  public Job job() {
    return new JobBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .withBackoffLimit(0)
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels)
        .withAnnotations(annotations)
        .endMetadata()
        .withSpec(podSpec())
        .endTemplate()
        .endSpec()
        .build();
  }

  /** The Job with changes of its pod's specification, for what this class does not offer. */
  public Job job(UnaryOperator<PodSpec> change) {
    Job job = job();
    job.getSpec().getTemplate().setSpec(change.apply(podSpec()));
    return job;
  }

  /** A pod of the same shape without a Job. */
  public Pod pod() {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .withLabels(labels)
        .withAnnotations(annotations)
        .endMetadata()
        .withSpec(podSpec())
        .build();
  }

  private PodSpec podSpec() {
    PodSpecBuilder spec =
        new PodSpecBuilder()
            .withRestartPolicy("Never")
            .withActiveDeadlineSeconds(activeDeadline.toSeconds())
            .withNodeSelector(nodeSelector)
            .withContainers(container())
            .addNewVolume()
            .withName("scratch")
            .withNewEmptyDir()
            .endEmptyDir()
            .endVolume()
            .withNewAffinity()
            .withNewPodAffinity()
            .addNewPreferredDuringSchedulingIgnoredDuringExecution()
            .withWeight(100)
            .withNewPodAffinityTerm()
            .withTopologyKey("kubernetes.io/hostname")
            .withNewLabelSelector()
            .addToMatchLabels("app.kubernetes.io/name", "grid-job")
            .endLabelSelector()
            .endPodAffinityTerm()
            .endPreferredDuringSchedulingIgnoredDuringExecution()
            .endPodAffinity()
            .endAffinity();
    configMap.ifPresent(
        mounted ->
            spec.addNewVolume()
                .withName("job")
                .withNewConfigMap()
                .withName(mounted)
                .endConfigMap()
                .endVolume());
    return spec.build();
  }

  private Container container() {
    Quantity memoryQuantity = new Quantity(memory);
    Quantity storage = new Quantity(ephemeralStorage);
    ContainerBuilder container =
        new ContainerBuilder()
            .withName("worker")
            .withImage(IMAGE)
            .withEnv(
                new EnvVarBuilder()
                    .withName("NODE_NAME")
                    .withNewValueFrom()
                    .withNewFieldRef()
                    .withFieldPath("spec.nodeName")
                    .endFieldRef()
                    .endValueFrom()
                    .build())
            .withNewResources()
            .addToRequests("cpu", new Quantity(cores * 900 + "m"))
            .addToRequests("memory", memoryQuantity)
            .addToRequests("ephemeral-storage", storage)
            .addToLimits("memory", memoryQuantity)
            .addToLimits("ephemeral-storage", storage)
            .endResources()
            .addNewVolumeMount()
            .withName("scratch")
            .withMountPath("/scratch")
            .endVolumeMount();
    if (configMap.isPresent()) {
      container
          .addNewVolumeMount()
          .withName("job")
          .withMountPath("/etc/job")
          .withReadOnly(true)
          .endVolumeMount();
    }
    return container.build();
  }

  private static Map<String, String> with(Map<String, String> map, String key, String value) {
    Map<String, String> more = new HashMap<>(map);
    more.put(key, value);
    return more;
  }
}
