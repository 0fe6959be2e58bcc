package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.MemberNodes.Marks;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.member.SlimStore;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import io.virtualnode.kubernetes.placement.SlotCollector.Unbound;
import io.virtualnode.kubernetes.placement.Taints;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The pods of the primary that are wide, wait unbound, and could be bound to a virtual node.
 *
 * <p>A pod counts once the primary's scheduler has said that it finds no node for it (condition
 * {@code PodScheduled} False, reason {@code Unschedulable}); since then it waits. Which virtual
 * nodes would do for it is judged as the scheduler judges it, by the Nodes' labels and taints as
 * they are in the primary.
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
  private final Supplier<Map<String, Scope>> parts;
  private final Map<String, Marks> marks = new ConcurrentHashMap<>(); // of Nodes, by name
  private final AtomicLong looks = new AtomicLong(); // how often any Node came to look otherwise

  // touched by the one thread that asks: what was judged by how the Nodes looked then
  private final Map<String, Verdict> verdicts = new HashMap<>();
  private long judgedLook = -1;
  private Map<String, Scope> judgedParts = Map.of();

  /**
   * A pod that waits.
   *
   * @param nominated the node that its status says it is meant for; empty if none
   */
  record Waiting(PodKey pod, Unbound unbound, String nominated, Requirements requirements) {

    private Waiting within(Scope scope) {
      var restricted =
          new Unbound(
              unbound.demand().within(scope), unbound.waitingSinceMillis(), unbound.priority());
      return new Waiting(pod, restricted, nominated, requirements);
    }
  }

  /** What decides whether a virtual node would do. */
  private record Requirements(
      NodeRequirements nodes, List<io.fabric8.kubernetes.api.model.Toleration> tolerations) {}

  /** Where a pod of such requirements may go; empty if no virtual node would do. */
  private record Verdict(Requirements requirements, Optional<Scope> where) {}

  /**
   * Not watched yet.
   *
   * @param demandOf what a pod asks of the members
   * @param parts what each virtual node stands for, by its name
   * @param cleared called when a pod that was nominated no longer is; must return promptly
   */
  WidePods(
      KubernetesClient primary,
      String family,
      Function<Pod, Demand> demandOf,
      Supplier<Map<String, Scope>> parts,
      Runnable cleared) {
    this.demandOf = demandOf;
    this.parts = parts;
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
            .withLabel(NodeIdentity.FAMILY, family)
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(SlimStore.ofNodes())
            .exceptionHandler((started, failure) -> true)
            .addEventHandler(new NodeHandler());
  }

  /** Begins to watch; returns at once. */
  void start() {
    nodes.start();
    pods.start();
  }

  /** Those that wait now and are at least so wide. Called by one thread. */
  List<Waiting> atLeast(int cores) {
    long look = looks.get();
    var known = parts.get();
    if (look != judgedLook || !known.equals(judgedParts)) {
      verdicts.clear();
      judgedLook = look;
      judgedParts = known;
    }
    verdicts.keySet().retainAll(waiting.keySet());
    return waiting.values().stream()
        .filter(pod -> pod.unbound().demand().request().get(Resources.CPU) >= cores * MILLIS)
        .filter(pod -> !isMeantForAnother(pod.nominated()))
        .flatMap(pod -> whereItMayGo(pod).map(pod::within).stream())
        .toList();
  }

  /** Another process has a whole slot for it, on one of its virtual nodes. */
  private boolean isMeantForAnother(String nominated) {
    return marks.containsKey(nominated) && !judgedParts.containsKey(nominated);
  }

  private Optional<Scope> whereItMayGo(Waiting pod) {
    var verdict = verdicts.get(pod.pod().uid());
    if (verdict == null || !verdict.requirements.equals(pod.requirements())) {
      verdict = new Verdict(pod.requirements(), judge(pod.requirements()));
      verdicts.put(pod.pod().uid(), verdict);
    }
    return verdict.where;
  }

  private Optional<Scope> judge(Requirements requirements) {
    var found =
        judgedParts.entrySet().stream()
            .filter(part -> wouldDo(part.getKey(), requirements))
            .map(Map.Entry::getValue)
            .collect(Collectors.toSet());
    if (found.size() < 2) {
      return found.stream().findFirst();
    }
    return Optional.of(found.size() == judgedParts.size() ? Scope.WHOLE : new Scope.AnyOf(found));
  }

  private boolean wouldDo(String node, Requirements requirements) {
    var look = marks.get(node);
    if (look == null) {
      return false;
    }
    var facts =
        new MemberNode(
            new NodeKey("", node), Resources.NONE, true, "", look.labels(), look.taints());
    return requirements.nodes().allow(facts)
        && Taints.untolerated(look.taints(), requirements.tolerations()).isEmpty();
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
    var known = waiting.get(uid);
    // The primary's clock may be ahead of this one.
    long seenSince =
        known == null ? System.currentTimeMillis() : known.unbound().waitingSinceMillis();
    var before =
        waiting.put(
            uid,
            new Waiting(
                PodKey.of(pod),
                new Unbound(
                    demandOf.apply(pod),
                    Math.min(since.get().toEpochMilli(), seenSince),
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
    public void onAdd(Node node) {
      seen(node);
    }

    @Override
    public void onUpdate(Node before, Node node) {
      seen(node);
    }

    private void seen(Node node) {
      var labels = node.getMetadata().getLabels();
      var now = new Marks(true, labels == null ? Map.of() : labels, node.getSpec().getTaints());
      if (!now.equals(marks.put(node.getMetadata().getName(), now))) {
        looks.incrementAndGet();
      }
    }

    @Override
    public void onDelete(Node gone, boolean finalStateUnknown) {
      marks.remove(gone.getMetadata().getName());
      looks.incrementAndGet();
    }
  }
}
