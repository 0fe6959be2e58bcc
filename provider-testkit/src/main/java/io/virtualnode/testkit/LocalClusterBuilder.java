package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Describes a {@link LocalCluster} and starts it. Not for use by several threads. */
public final class LocalClusterBuilder {

  private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?");

  private static final String MOST_ALLOCATED =
      """
      profiles:
      - schedulerName: default-scheduler
        pluginConfig:
        - name: NodeResourcesFit
          args:
            scoringStrategy:
              type: MostAllocated
              resources: [{name: cpu, weight: 1}, {name: memory, weight: 1}]
      """;

  private final String name;
  private final Map<String, NodeShape> nodes = new LinkedHashMap<>();
  private final List<String> apiServerFlags = new ArrayList<>();
  private final List<String> controllerManagerFlags = new ArrayList<>();
  private final List<String> schedulerFlags = new ArrayList<>();
  private Optional<String> schedulerConfiguration = Optional.empty();
  private boolean scheduler = true;
  private boolean keepFiles;
  private Consumer<String> progress = line -> System.err.println("[testkit] " + line);

  LocalClusterBuilder(String name) {
    this.name = requireNonNull(name, "name is null");
    if (!DNS_LABEL.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name is not a DNS label of at most 40 characters: " + name);
    }
  }

  /** Adds nodes of one shape, named NAME-1, NAME-2 and so on through all groups of the cluster. */
  public LocalClusterBuilder nodes(int count, NodeShape shape) {
    requireNonNull(shape, "shape is null");
    for (int i = 0; i < count; i++) {
      nodes.put(name + "-" + (nodes.size() + 1), shape);
    }
    return this;
  }

  /** Adds nodes of that many cores, memory and ephemeral storage (as in "32Gi"), and pods each. */
  public LocalClusterBuilder nodes(
      int count, int cores, String memory, String ephemeralStorage, int pods) {
    return nodes(count, NodeShape.of(cores, memory, ephemeralStorage, pods));
  }

  /** Whether kube-scheduler runs; it does unless told otherwise. */
  public LocalClusterBuilder scheduler(boolean runs) {
    scheduler = runs;
    return this;
  }

  /** Adds flags of kube-apiserver, such as {@code --feature-gates=Name=true}. */
  public LocalClusterBuilder apiServerFlags(String... flags) {
    apiServerFlags.addAll(List.of(flags));
    return this;
  }

  /** Adds flags of kube-controller-manager. */
  public LocalClusterBuilder controllerManagerFlags(String... flags) {
    controllerManagerFlags.addAll(List.of(flags));
    return this;
  }

  /** Adds flags of kube-scheduler. */
  public LocalClusterBuilder schedulerFlags(String... flags) {
    schedulerFlags.addAll(List.of(flags));
    return this;
  }

  /**
   * Gives kube-scheduler fields of a {@code KubeSchedulerConfiguration} (v1) as YAML, such as
   * {@code profiles} or {@code podMaxBackoffSeconds}, instead of its defaults. Its version, its
   * connection and that it elects no leader are added. Several calls add up.
   */
  public LocalClusterBuilder schedulerConfiguration(String fields) {
    requireNonNull(fields, "fields is null");
    String before = schedulerConfiguration.map(text -> text.stripTrailing() + "\n").orElse("");
    schedulerConfiguration = Optional.of(before + fields);
    return this;
  }

  /**
   * Lets kube-scheduler fill one node before the next ({@code MostAllocated}); unless told
   * otherwise it spreads pods over the nodes.
   */
  public LocalClusterBuilder packing() {
    return schedulerConfiguration(MOST_ALLOCATED);
  }

  /** Whether the cluster's directory stays after its end, to read the logs. */
  public LocalClusterBuilder keepFiles(boolean kept) {
    keepFiles = kept;
    return this;
  }

  /** Takes lines for a person who waits, instead of standard error. */
  public LocalClusterBuilder progress(Consumer<String> lines) {
    progress = requireNonNull(lines, "lines is null");
    return this;
  }

  /**
   * Starts the cluster and waits until its nodes are Ready and pods can be created in the namespace
   * default: about five seconds, once the binaries are in the cache.
   *
   * @throws TestkitException when it does not start; the message ends with the process's log
   */
  public LocalCluster start() {
    return LocalCluster.start(spec(), KubeBinaries.locate(progress));
  }

  private ClusterSpec spec() {
    return new ClusterSpec(
        name,
        java.util.Collections.unmodifiableMap(new LinkedHashMap<>(nodes)),
        scheduler,
        List.copyOf(apiServerFlags),
        List.copyOf(controllerManagerFlags),
        List.copyOf(schedulerFlags),
        schedulerConfiguration,
        keepFiles);
  }
}
