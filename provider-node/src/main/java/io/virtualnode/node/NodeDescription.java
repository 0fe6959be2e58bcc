package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a node is, as far as its provider does not report it.
 *
 * @param name the Node's name, also its hostname: a DNS subdomain of at most 63 characters
 * @param labels besides those that every virtual node has
 * @param annotations of the Node
 * @param taints which the Node is registered with
 * @param addresses where the node is reached; the hostname is always among them
 * @param operatingSystem what its pods run on, in Go's words, such as {@code linux}
 * @param architecture what its pods run on, in Go's words, such as {@code amd64}
 * @param declaredFeatures {@code status.declaredFeatures} (KEP-5328)
 * @param kubeletPort where the kubelet API is served, if it is
 */
public record NodeDescription(
    String name,
    Map<String, String> labels,
    Map<String, String> annotations,
    List<Taint> taints,
    List<NodeAddress> addresses,
    String operatingSystem,
    String architecture,
    List<String> declaredFeatures,
    OptionalInt kubeletPort) {

  /** The key of the taint that a node has unless it is described otherwise. */
  public static final String DEFAULT_TAINT_KEY = "virtualnode.io/provider";

  private static final String HOSTNAME = "Hostname";

  /**
   * Copies the collections and checks what an API server would refuse.
   *
   * @throws IllegalArgumentException that lists all faults, each with its place
   */
  public NodeDescription {
    requireNonNull(name, "name is null");
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
    taints = List.copyOf(taints);
    addresses = withHostname(addresses, name);
    requireNonNull(operatingSystem, "operatingSystem is null");
    requireNonNull(architecture, "architecture is null");
    declaredFeatures = declaredFeatures.stream().sorted().distinct().toList();
    requireNonNull(kubeletPort, "kubeletPort is null");
    List<String> faults =
        new NodeFaults()
            .name(name)
            .labels("labels", labels)
            .annotations(annotations)
            .taints(taints)
            .addresses(addresses)
            .labelValue("operatingSystem", operatingSystem)
            .labelValue("architecture", architecture)
            .port(kubeletPort)
            .found();
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", faults));
    }
  }

  /** Begins to describe a node of this name; everything else has a default. */
  public static Builder builder(String name) {
    return new Builder().name(name);
  }

  /** The same node with other labels. */
  NodeDescription withLabels(Map<String, String> others) {
    return new NodeDescription(
        name,
        others,
        annotations,
        taints,
        addresses,
        operatingSystem,
        architecture,
        declaredFeatures,
        kubeletPort);
  }

  /** The same node with other taints. */
  NodeDescription withTaints(List<Taint> others) {
    return new NodeDescription(
        name,
        labels,
        annotations,
        others,
        addresses,
        operatingSystem,
        architecture,
        declaredFeatures,
        kubeletPort);
  }

  private static List<NodeAddress> withHostname(List<NodeAddress> addresses, String name) {
    if (addresses.stream().anyMatch(address -> HOSTNAME.equals(address.getType()))) {
      return List.copyOf(addresses);
    }
    List<NodeAddress> all = new ArrayList<>(addresses);
    all.add(new NodeAddress(name, HOSTNAME));
    return List.copyOf(all);
  }

  /** Collects the parts of a description. Not thread-safe. */
  public static final class Builder {

    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final List<NodeAddress> addresses = new ArrayList<>();
    private final List<String> declaredFeatures = new ArrayList<>();
    private List<Taint> taints =
        List.of(new Taint("NoSchedule", DEFAULT_TAINT_KEY, null, "virtualnode"));
    private String name = "";
    private String operatingSystem = "linux";
    private String architecture = goArchitecture(System.getProperty("os.arch", "amd64"));
    private OptionalInt kubeletPort = OptionalInt.empty();

    Builder() {}

    /** The Node's name, also its hostname: a DNS subdomain of at most 63 characters. */
    public Builder name(String value) {
      this.name = requireNonNull(value, "name is null");
      return this;
    }

    /** Adds labels to those that every virtual node has. */
    public Builder labels(Map<String, String> values) {
      labels.putAll(values);
      return this;
    }

    /**
     * Adds the labels and taints that an earlier process described this Node with, where this
     * description says nothing of them: for one that is not known to look otherwise yet. A removal
     * that was under way is not gone on with.
     */
    public Builder keeping(Node observed) {
      AppliedMarks marks = AppliedMarks.on(observed);
      Map<String, String> present = observed.getMetadata().getLabels();
      if (present != null) {
        present.entrySet().stream()
            .filter(label -> marks.labels().contains(label.getKey()))
            .forEach(label -> labels.putIfAbsent(label.getKey(), label.getValue()));
      }
      List<Taint> all = new ArrayList<>(taints);
      Set<String> described = taints.stream().map(AppliedMarks::id).collect(Collectors.toSet());
      observed.getSpec().getTaints().stream()
          .filter(taint -> marks.taints().contains(AppliedMarks.id(taint)))
          .filter(taint -> !taint.getKey().equals(NodeRemoval.TAINT_KEY)) // it was to end
          .filter(taint -> described.add(AppliedMarks.id(taint)))
          .forEach(all::add);
      return taints(all);
    }

    /** Adds annotations. */
    public Builder annotations(Map<String, String> values) {
      annotations.putAll(values);
      return this;
    }

    /**
     * The taints to register with, an empty list for none; the default is {@link
     * #DEFAULT_TAINT_KEY}{@code =virtualnode:NoSchedule}. They are set when the Node is created and
     * when the process starts; one that is taken off meanwhile stays off.
     */
    public Builder taints(List<Taint> values) {
      this.taints = List.copyOf(values);
      return this;
    }

    /** Where the primary's API server reaches the kubelet API of this node. */
    public Builder internalIp(String ip) {
      addresses.add(new NodeAddress(requireNonNull(ip, "ip is null"), "InternalIP"));
      return this;
    }

    /**
     * The port at which the kubelet API of this node is served; 1 to 65535.
     *
     * <p>It is only advertised: nothing in this module serves it yet. Leave it out unless something
     * of your own does, or {@code kubectl logs} fails with a refused connection instead of a word.
     */
    public Builder kubeletPort(int port) {
      this.kubeletPort = OptionalInt.of(port);
      return this;
    }

    /** What the pods of this node run on, in Go's words; the default is {@code linux}. */
    public Builder operatingSystem(String value) {
      this.operatingSystem = requireNonNull(value, "operatingSystem is null");
      return this;
    }

    /** What the pods of this node run on, in Go's words; the default is this machine's. */
    public Builder architecture(String value) {
      this.architecture = requireNonNull(value, "architecture is null");
      return this;
    }

    /** Adds to {@code status.declaredFeatures} (KEP-5328); the default is none. */
    public Builder declaredFeatures(List<String> values) {
      declaredFeatures.addAll(values);
      return this;
    }

    /**
     * The description.
     *
     * @throws IllegalArgumentException that lists all faults, each with its place
     */
    public NodeDescription build() {
      return new NodeDescription(
          name,
          labels,
          annotations,
          taints,
          addresses,
          operatingSystem,
          architecture,
          declaredFeatures,
          kubeletPort);
    }

    private static String goArchitecture(String java) {
      return switch (java.toLowerCase(Locale.ROOT)) {
        case "x86_64", "amd64" -> "amd64";
        case "aarch64", "arm64" -> "arm64";
        default -> java;
      };
    }
  }
}
