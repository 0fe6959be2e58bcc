package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.member.SlimStore;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import io.virtualnode.kubernetes.placement.SlotCollector.Unbound;
import io.virtualnode.kubernetes.placement.Taints;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The pods of the primary that are wide, wait unbound, and could be bound to the virtual node.
 *
 * <p>A pod counts once the primary's scheduler has said that it finds no node for it (condition
 * {@code PodScheduled} False, reason {@code Unschedulable}); since then it waits. Whether the
 * virtual node would do for it is judged as the scheduler judges it, by the Node's labels and
 * taints as they are in the primary.
 *
 * <p>Thread-safe.
 */
final class WidePods implements AutoCloseable {

  private static final long PAGE = 500;
  private static final long MILLIS = 1000;

  private final Function<Pod, Demand> demandOf;
  private final Runnable cleared;
  private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
  private final SharedIndexInformer<Pod> pods;
  private final SharedIndexInformer<Node> nodes;
  private volatile @Nullable Node node;

  /**
   * A pod that waits.
   *
   * @param nominated the node that its status says it is meant for; empty if none
   */
  record Waiting(PodKey pod, Unbound unbound, String nominated, Requirements requirements) {}

  /** What decides whether the virtual node would do. */
  private record Requirements(
      NodeRequirements nodes, List<io.fabric8.kubernetes.api.model.Toleration> tolerations) {}

  /**
   * Not watched yet.
   *
   * @param demandOf what a pod asks of the members
   * @param cleared called when a pod that was nominated no longer is; must return promptly
   */
  WidePods(
      KubernetesClient primary, String nodeName, Function<Pod, Demand> demandOf, Runnable cleared) {
    this.demandOf = demandOf;
    this.cleared = cleared;
    this.pods =
        primary
            .pods()
            .inAnyNamespace()
            .withField("spec.nodeName", "")
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(new SlimStore<>(WidePods::slim))
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(new PodHandler());
    this.nodes =
        primary
            .nodes()
            .withField("metadata.name", nodeName)
            .withLimit(1L)
            .runnableInformer(0)
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(new NodeHandler());
  }

  /** Begins to watch; returns at once. */
  void start() {
    nodes.start();
    pods.start();
  }

  /** Those that wait now and are at least so wide. */
  List<Waiting> atLeast(int cores) {
    var seen = node;
    return seen == null
        ? List.of()
        : waiting.values().stream()
            .filter(pod -> pod.unbound().demand().request().get(Resources.CPU) >= cores * MILLIS)
            .filter(pod -> wouldDo(seen, pod.requirements()))
            .toList();
  }

  private static boolean wouldDo(Node node, Requirements requirements) {
    var labels = node.getMetadata().getLabels();
    var facts =
        new MemberNode(
            new NodeKey("", node.getMetadata().getName()),
            Resources.NONE,
            true,
            "",
            labels == null ? Map.of() : labels,
            List.of());
    return requirements.nodes().allow(facts)
        && Taints.untolerated(node.getSpec().getTaints(), requirements.tolerations()).isEmpty();
  }

  @Override
  public void close() {
    pods.stop();
    nodes.stop();
  }

  private void seen(Pod pod) {
    var uid = pod.getMetadata().getUid();
    var since = unschedulableSince(pod);
    if (since.isEmpty() || pod.getMetadata().getDeletionTimestamp() != null) {
      waiting.remove(uid);
      return;
    }
    var priority = pod.getSpec().getPriority();
    var nominated = pod.getStatus().getNominatedNodeName();
    var before =
        waiting.put(
            uid,
            new Waiting(
                PodKey.of(pod),
                new Unbound(
                    demandOf.apply(pod),
                    since.get().toEpochMilli(),
                    priority == null ? 0 : priority),
                nominated == null ? "" : nominated,
                new Requirements(
                    NodeRequirements.of(pod.getSpec()),
                    pod.getSpec().getTolerations() == null
                        ? List.of()
                        : pod.getSpec().getTolerations())));
    if (before != null && !before.nominated().isEmpty() && nominated == null) {
      cleared.run();
    }
  }

  private static Optional<Instant> unschedulableSince(Pod pod) {
    List<PodCondition> conditions =
        pod.getStatus() == null || pod.getStatus().getConditions() == null
            ? List.of()
            : pod.getStatus().getConditions();
    return conditions.stream()
        .filter(condition -> "PodScheduled".equals(condition.getType()))
        .filter(condition -> "Unschedulable".equals(condition.getReason()))
        .findFirst()
        .map(
            condition ->
                Instant.parse(
                    condition.getLastTransitionTime() == null
                        ? pod.getMetadata().getCreationTimestamp()
                        : condition.getLastTransitionTime()));
  }

  private static Pod slim(Pod pod) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(pod.getMetadata().getName())
        .withNamespace(pod.getMetadata().getNamespace())
        .withUid(pod.getMetadata().getUid())
        .withResourceVersion(pod.getMetadata().getResourceVersion())
        .endMetadata()
        .build();
  }

  private final class PodHandler implements ResourceEventHandler<Pod> {

    @Override
    public void onAdd(Pod pod) {
      seen(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      seen(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
      waiting.remove(pod.getMetadata().getUid());
    }
  }

  private final class NodeHandler implements ResourceEventHandler<Node> {

    @Override
    public void onAdd(Node seen) {
      node = seen;
    }

    @Override
    public void onUpdate(Node before, Node seen) {
      node = seen;
    }

    @Override
    public void onDelete(Node gone, boolean finalStateUnknown) {
      node = null;
    }
  }
}
