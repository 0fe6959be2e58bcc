package io.virtualnode.kubernetes.member;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.MemberPod;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.placement.Taints;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the account needs of a member's objects. Pure. */
public final class MemberFacts {

  private static final String COUNT_PODS = "count/pods";

  private MemberFacts() {}

  /**
   * A node, its allocatable less the headroom, and whether it is usable for this member's pods.
   *
   * @param carriesTaints whether the primary sees the node's taints, so that only pods come that
   *     tolerate them; if not, a taint that the member's tolerations do not cover rules it out
   */
  public static MemberNode node(MemberSettings settings, Node node, boolean carriesTaints) {
    var labels = orEmpty(node.getMetadata().getLabels());
    List<Taint> taints = orEmpty(node.getSpec().getTaints());
    var allocatable = Resources.ofQuantities(node.getStatus().getAllocatable());
    var headroom = Resources.ofQuantities(settings.headroom()).namedBy(allocatable);
    var untolerated =
        Taints.untolerated(taints, settings.tolerations()).stream()
            .filter(taint -> !carriesTaints || isPassing(taint))
            .toList();
    boolean selected = labels.entrySet().containsAll(settings.nodeSelector().entrySet());
    boolean virtual = "true".equals(labels.get("virtualnode.io/managed"));
    return new MemberNode(
        new NodeKey(settings.name(), node.getMetadata().getName()),
        allocatable.minus(headroom).nonNegative(),
        !virtual && selected && untolerated.stream().allMatch(MemberFacts::isPassing),
        obstacle(node, untolerated, virtual, selected),
        labels,
        taints);
  }

  /**
   * Why the node takes no pods now, in kube-scheduler's words where it has some (its plugins
   * NodeUnschedulable and TaintToleration) and in their order; empty if it takes some.
   */
  private static String obstacle(
      Node node, List<Taint> untolerated, boolean virtual, boolean selected) {
    if (virtual) {
      // A member may be a primary too: its virtual nodes offer what others have.
      return "node(s) were virtual";
    }
    if (Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
      return "node(s) were unschedulable";
    }
    if (!untolerated.isEmpty()) {
      var taint = untolerated.get(0);
      return "node(s) had untolerated taint {%s: %s}"
          .formatted(taint.getKey(), text(taint.getValue()));
    }
    if (!selected) {
      return "node(s) didn't match the member's nodeSelector";
    }
    return isReady(node) ? "" : "node(s) were not ready";
  }

  /**
   * All the room of a member whose nodes are not seen; empty where they are.
   *
   * @param quota what the quotas of the member's fixed namespace allow
   */
  public static Optional<Resources> room(CapacitySource source, Optional<Resources> quota) {
    if (source instanceof CapacitySource.Static fixed) {
      return Optional.of(Resources.ofQuantities(fixed.amounts()));
    }
    if (source instanceof CapacitySource.Quota limited) {
      var room = new HashMap<String, Long>();
      var besides = Resources.ofQuantities(limited.amounts());
      besides.names().forEach(name -> room.put(name, besides.get(name)));
      quota.ifPresent(hard -> hard.names().forEach(name -> room.put(name, hard.get(name))));
      return Optional.of(Resources.of(room));
    }
    return Optional.empty();
  }

  /**
   * What stands for all nodes of a member whose nodes are not seen: one that has all its room, less
   * the headroom. It carries the labels that the member's delegates select nodes by, and no others.
   *
   * @param room of which there is so much, for all pods of the member's fixed namespace
   */
  public static MemberNode sum(MemberSettings settings, Resources room) {
    var headroom = Resources.ofQuantities(settings.headroom()).namedBy(room);
    return new MemberNode(
        new NodeKey(settings.name(), Intent.ANY_NODE),
        room.minus(headroom).nonNegative(),
        true,
        "",
        settings.nodeSelector(),
        List.of());
  }

  /** The node that a pod is on, if it is on one. */
  public static Optional<String> nodeOf(Pod pod) {
    return Optional.ofNullable(pod.getSpec().getNodeName()).filter(name -> !name.isEmpty());
  }

  /** A pod that is not terminal. */
  public static MemberPod pod(MemberSettings settings, Pod pod, Ownership ownership) {
    return new MemberPod(
        pod.getMetadata().getUid(),
        // A quota counts a pod from its creation on, wherever it is to run.
        settings.capacity().seesNodes() ? nodeOf(pod) : Optional.of(Intent.ANY_NODE),
        Requests.of(pod),
        ownership.proxyOf(pod).map(key -> key.uid()),
        settings.namespace().filter(pod.getMetadata().getNamespace()::equals).isPresent());
  }

  /**
   * The strictest limits of the quotas that apply to every pod, by plain resource name. {@code
   * count/pods} limits all pods that there are, so those that have ended leave less of it.
   *
   * <p>Quotas with scopes apply to some pods only and are left out: what they forbid shows when the
   * member refuses a pod.
   *
   * @param ended how many pods of the namespace are terminal
   */
  public static Optional<Resources> quota(Collection<ResourceQuota> quotas, int ended) {
    var limits = new HashMap<String, Long>();
    for (var quota : quotas) {
      var spec = quota.getSpec();
      if (spec.getScopeSelector() == null && orEmpty(spec.getScopes()).isEmpty()) {
        orEmpty(spec.getHard())
            .forEach(
                (limited, quantity) -> {
                  var name = plainName(limited);
                  if (name != null) {
                    var hard = Resources.ofQuantities(Map.of(name, quantity)).get(name);
                    var amount = limited.equals(COUNT_PODS) ? hard - ended : hard;
                    limits.merge(name, amount, Math::min);
                  }
                });
      }
    }
    return limits.isEmpty() ? Optional.empty() : Optional.of(Resources.of(limits));
  }

  /** The plain name of what a quota limits; null for what no pod's request counts against. */
  private static @Nullable String plainName(String limited) {
    if (limited.startsWith("requests.")) {
      return limited.substring("requests.".length());
    }
    if (limited.equals(COUNT_PODS)) {
      return Resources.PODS;
    }
    return limited.contains("/") || limited.startsWith("limits.") ? null : limited;
  }

  private static boolean isReady(Node node) {
    return orEmpty(node.getStatus().getConditions()).stream()
        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
  }

  /** A mark of Kubernetes' own: not ready, unreachable, cordoned, under pressure. */
  public static boolean isPassing(Taint taint) {
    return taint.getKey().startsWith("node.kubernetes.io/")
        || taint.getKey().startsWith("node.cloudprovider.kubernetes.io/");
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static <K, V> Map<K, V> orEmpty(@Nullable Map<K, V> map) {
    return map == null ? Map.of() : map;
  }
}
