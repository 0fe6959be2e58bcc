package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What a node is, as far as its provider does not report it.
 *
 * @param architecture in Go's words, such as {@code amd64}
 * @param kubeletPort where the kubelet API is served, if it is
 */
record NodeSettings(
    String name,
    Map<String, String> labels,
    Map<String, String> annotations,
    List<Taint> taints,
    List<NodeAddress> addresses,
    String operatingSystem,
    String architecture,
    List<String> declaredFeatures,
    OptionalInt kubeletPort) {

  NodeSettings {
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
    taints = List.copyOf(taints);
    addresses = List.copyOf(addresses);
    declaredFeatures = declaredFeatures.stream().sorted().distinct().toList();
  }
}
