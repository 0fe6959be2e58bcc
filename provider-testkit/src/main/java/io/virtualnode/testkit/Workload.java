package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A grid job as PanDA Harvester submits it: one container that asks for nine tenths of its cores,
 * for memory and for ephemeral storage, never restarted, with a deadline, packed by a preferred pod
 * affinity. Instances are immutable; each {@code with} method returns a changed copy.
 */
public final class Workload {

  /** The label by which jobs of this shape are packed. */
  private static final Map<String, String> PACKED = Map.of("app.kubernetes.io/name", "grid-job");

  private static final String IMAGE = "registry.example.org/grid/worker:1";

  private final String namespace;
  private final String name;
  private final PodTemplateSpec template;

  private Workload(String namespace, String name, PodTemplateSpec template) {
    this.namespace = requireNonNull(namespace, "namespace is null");
    this.name = requireNonNull(name, "name is null");
    this.template = template;
  }

  /** A job of one core, 2 GiB of memory and 4 GiB of disk in the namespace default. */
  public static Workload named(String name) {
    PodTemplateSpec template =
        new PodTemplateSpecBuilder()
            .withNewMetadata()
            .withLabels(PACKED)
            .endMetadata()
            .withSpec(podSpec())
            .build();
    return new Workload("default", name, template).withSlot(1, "2Gi", "4Gi");
  }

  /** The same in another namespace. */
  public Workload in(String other) {
    return new Workload(other, name, template);
  }

  /**
   * The same with a slot of another size; memory and disk, as in "2Gi", are of the whole slot, both
   * requested and limited.
   */
  public Workload withSlot(int cores, String memory, String ephemeralStorage) {
    Map<String, Quantity> limits =
        Map.of("memory", new Quantity(memory), "ephemeral-storage", new Quantity(ephemeralStorage));
    return with(
        spec ->
            new PodSpecBuilder(spec)
                .editFirstContainer()
                .withNewResources()
                .withRequests(limits)
                .addToRequests("cpu", new Quantity(cores * 900 + "m"))
                .withLimits(limits)
                .endResources()
                .endContainer()
                .build());
  }

  /** The same with another deadline, which counts in whole seconds; a day unless told otherwise. */
  public Workload withActiveDeadline(Duration deadline) {
    return with(
        spec -> new PodSpecBuilder(spec).withActiveDeadlineSeconds(deadline.toSeconds()).build());
  }

  /** The same with one more annotation of the pod. */
  public Workload withAnnotation(String key, String value) {
    return new Workload(
        namespace,
        name,
        new PodTemplateSpecBuilder(template)
            .editMetadata()
            .addToAnnotations(key, value)
            .endMetadata()
            .build());
  }

  /** The same with one more label of pod and Job. */
  public Workload withLabel(String key, String value) {
    return new Workload(
        namespace,
        name,
        new PodTemplateSpecBuilder(template)
            .editMetadata()
            .addToLabels(key, value)
            .endMetadata()
            .build());
  }

  /** The same for nodes with this label only. */
  public Workload withNodeSelector(String key, String value) {
    return with(spec -> new PodSpecBuilder(spec).addToNodeSelector(key, value).build());
  }

  /** The same with a config map, which the caller makes, mounted at /etc/job. */
  public Workload withConfigMap(String configMap) {
    return with(
        spec ->
            new PodSpecBuilder(spec)
                .addNewVolume()
                .withName("job")
                .withNewConfigMap()
                .withName(configMap)
                .endConfigMap()
                .endVolume()
                .editFirstContainer()
                .addNewVolumeMount()
                .withName("job")
                .withMountPath("/etc/job")
                .withReadOnly(true)
                .endVolumeMount()
                .endContainer()
                .build());
  }

  /** The same with a secret, which the caller makes, mounted at /proxy: the grid certificate. */
  public Workload withProxySecret(String secret) {
    return with(
        spec ->
            new PodSpecBuilder(spec)
                .addNewVolume()
                .withName("proxy")
                .withNewSecret()
                .withSecretName(secret)
                .endSecret()
                .endVolume()
                .editFirstContainer()
                .addNewVolumeMount()
                .withName("proxy")
                .withMountPath("/proxy")
                .withReadOnly(true)
                .endVolumeMount()
                .endContainer()
                .build());
  }

  /**
   * The same with the node's /cvmfs, which must be a directory there; simulated nodes do not look.
   */
  public Workload withCvmfs() {
    return with(
        spec ->
            new PodSpecBuilder(spec)
                .addNewVolume()
                .withName("cvmfs")
                .withNewHostPath()
                .withPath("/cvmfs")
                .withType("Directory")
                .endHostPath()
                .endVolume()
                .editFirstContainer()
                .addNewVolumeMount()
                .withName("cvmfs")
                .withMountPath("/cvmfs")
                .withMountPropagation("HostToContainer")
                .withReadOnly(true)
                .endVolumeMount()
                .endContainer()
                .build());
  }

  /** The same with a priority class, which the caller makes. */
  public Workload withPriorityClass(String priorityClass) {
    return with(spec -> new PodSpecBuilder(spec).withPriorityClassName(priorityClass).build());
  }

  /** The same with any change of the pod's specification; the change is given a copy. */
  public Workload with(UnaryOperator<PodSpec> change) {
    PodSpec copy = new PodSpecBuilder(template.getSpec()).build();
    return new Workload(
        namespace, name, new PodTemplateSpecBuilder(template).withSpec(change.apply(copy)).build());
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

  /** The Job that Harvester would submit; its pods are not tried again. */
  public Job job() {
    return new JobBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .withLabels(template.getMetadata().getLabels())
        .endMetadata()
        .withNewSpec()
        .withBackoffLimit(0)
        .withTemplate(template)
        .endSpec()
        .build();
  }

  /** A pod of the same shape without a Job. */
  public Pod pod() {
    return new PodBuilder()
        .withMetadata(template.getMetadata())
        .editMetadata()
        .withNamespace(namespace)
        .withName(name)
        .endMetadata()
        .withSpec(template.getSpec())
        .build();
  }

  private static PodSpec podSpec() {
    return new PodSpecBuilder()
        .withRestartPolicy("Never")
        .withActiveDeadlineSeconds(Duration.ofDays(1).toSeconds())
        .addNewContainer()
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
        .addNewVolumeMount()
        .withName("scratch")
        .withMountPath("/scratch")
        .endVolumeMount()
        .endContainer()
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
        .withMatchLabels(PACKED)
        .endLabelSelector()
        .endPodAffinityTerm()
        .endPreferredDuringSchedulingIgnoredDuringExecution()
        .endPodAffinity()
        .endAffinity()
        .build();
  }
}
