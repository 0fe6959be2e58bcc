package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where the delegates of the primary's pods are, as the pods themselves say. */
public final class Whereabouts {

  private Whereabouts() {}

  /** A member as pods name it. */
  public record Place(String member, String clusterUid) implements Comparable<Place> {

    @Override
    public int compareTo(Place other) {
      return Comparator.comparing(Place::member)
          .thenComparing(Place::clusterUid)
          .compare(this, other);
    }
  }

  /** A proxy that has not ended, and where its delegate is. */
  record Located(Pod proxy, Intent intent) {}

  /**
   * All proxies that have not ended and have an intent that can be read; blocks.
   *
   * @param present all virtual nodes that the primary has
   */
  static List<Located> proxies(
      Configuration configuration, KubernetesClient primary, List<Node> present) {
    var located = new ArrayList<Located>();
    for (var pod : Survey.boundTo(Survey.nodes(configuration, present).keySet(), primary)) {
      if (!DelegateStatus.isTerminal(pod)) {
        intentOf(pod).ifPresent(intent -> located.add(new Located(pod, intent)));
      }
    }
    return located;
  }

  private static Optional<Intent> intentOf(Pod pod) {
    try {
      return Intent.of(pod);
    } catch (IllegalArgumentException e) { // another version's; its process says so on the pod
      return Optional.empty();
    }
  }

  /**
   * How many pods that have not ended have their delegates in members that are not configured;
   * blocks.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if the primary cannot be read
   */
  public static SortedMap<Place, Integer> unconfigured(
      Configuration configuration, KubernetesClient primary) {
    var pods = new TreeMap<Place, Integer>();
    var present = ForwardingNode.virtualNodes(primary);
    for (var located : proxies(configuration, primary, present)) {
      var intent = located.intent();
      if (configuration.member(intent.member()).isEmpty()) {
        pods.merge(new Place(intent.member(), intent.clusterUid()), 1, Integer::sum);
      }
    }
    return pods;
  }
}
