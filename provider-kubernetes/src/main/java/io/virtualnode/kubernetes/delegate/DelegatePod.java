package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.NodeAffinity;
import io.fabric8.kubernetes.api.model.NodeAffinityBuilder;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTerm;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTermBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.Volume;
import io.virtualnode.api.PodKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Derives a delegate from its proxy.
 *
 * <p>Everything that makes the pod what it is stays. What belongs to the primary goes: the binding,
 * finalizers, owners, priority, scheduler, service account with its default token volume, the
 * selectors and tolerations meant for the virtual node, and the not-ready and unreachable
 * tolerations that admission adds. What the member needs comes: our marks, the namespace as the
 * owner, the gate that is opened when the delegate is to start, the member's node selector and
 * tolerations, and a preference for the chosen node or the demand for it.
 *
 * @param ownership the marks
 * @param nodeLabels labels of the virtual node; a selector for one of them was meant for it
 * @param nodeTaints keys of the virtual node's taints
 */
public record DelegatePod(
    Ownership ownership, Map<String, String> nodeLabels, Set<String> nodeTaints) {

  private static final Set<String> NODE_PROBLEMS =
      Set.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
  private static final Set<String> SHARED_LABELS = Set.of("kubernetes.io/os", "kubernetes.io/arch");
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
  private static final int LONGEST_HOSTNAME = 63;
  private static final long DEFAULT_TOLERATION_SECONDS = 300;

  /** Copies the collections. */
  public DelegatePod {
    nodeLabels = Map.copyOf(nodeLabels);
    nodeTaints = Set.copyOf(nodeTaints);
  }

  /**
   * The delegate as it is to be created.
   *
   * @param pinned whether the intended node is required, not only preferred
   * @param namespace where in the member
   * @param memberSelector what selects the nodes of this member that may be used
   * @param memberTolerations tolerations that every delegate in this member gets
   */
  public Pod translate(
      Pod proxy,
      Intent intent,
      boolean pinned,
      MemberNamespace namespace,
      Map<String, String> memberSelector,
      List<Toleration> memberTolerations) {
    var key = PodKey.of(proxy);
    var labels = copy(proxy.getMetadata().getLabels());
    labels.putAll(ownership.labels(key));
    var annotations = copy(proxy.getMetadata().getAnnotations());
    annotations.remove(LAST_APPLIED);
    annotations.putAll(ownership.annotations(key));
    return new PodBuilder()
        .withNewMetadata()
        .withName(intent.delegateName(key))
        .withNamespace(namespace.name())
        .withLabels(labels)
        .withAnnotations(annotations)
        .withOwnerReferences(namespace.owner())
        .endMetadata()
        .withSpec(spec(proxy, intent, pinned, memberSelector, memberTolerations))
        .build();
  }

  /** Where the proxy may run in the members: its own requirements less those meant for our node. */
  public PodSpec memberConstraints(PodSpec spec) {
    return new PodSpecBuilder()
        .withNodeSelector(nodeSelector(spec))
        .withAffinity(affinity(spec.getAffinity()))
        .build();
  }

  private PodSpec spec(
      Pod proxy,
      Intent intent,
      boolean pinned,
      Map<String, String> memberSelector,
      List<Toleration> memberTolerations) {
    var original = proxy.getSpec();
    var selector = nodeSelector(original);
    selector.putAll(memberSelector);
    var tokens = defaultTokenVolumes(original);
    var spec =
        new PodSpecBuilder(original)
            .withNodeName(null)
            .withHostname(hostname(proxy))
            .withPriority(null)
            .withPriorityClassName(null)
            .withPreemptionPolicy(null)
            .withSchedulerName(null)
            .withServiceAccount(null)
            .withServiceAccountName(null)
            .withAutomountServiceAccountToken(false)
            .withSchedulingGates(StartGate.gate())
            .withSchedulingGroup(null)
            .withOverhead(null)
            .withEphemeralContainers(List.of())
            .withNodeSelector(selector)
            .withAffinity(towards(intent.node(), pinned, affinity(original.getAffinity())))
            .withTolerations(tolerations(original, memberTolerations))
            .withVolumes(without(original.getVolumes(), v -> tokens.contains(v.getName())))
            .build();
    for (var containers : List.of(spec.getContainers(), spec.getInitContainers())) {
      containers.forEach(container -> unmount(container, tokens));
    }
    return spec;
  }

  private static String hostname(Pod proxy) {
    var hostname = proxy.getSpec().getHostname();
    if (hostname != null && !hostname.isEmpty()) {
      return hostname;
    }
    var name = proxy.getMetadata().getName();
    // As a kubelet does: at most 63 characters, not ending in a separator.
    var shortened = name.length() <= LONGEST_HOSTNAME ? name : name.substring(0, LONGEST_HOSTNAME);
    return shortened.replace('.', '-').replaceAll("-+$", "");
  }

  /** The volumes that the ServiceAccount admission of the primary added. */
  private static Set<String> defaultTokenVolumes(PodSpec spec) {
    return orEmpty(spec.getVolumes()).stream()
        .filter(volume -> volume.getProjected() != null)
        .map(Volume::getName)
        .filter(name -> name.startsWith("kube-api-access-"))
        .collect(Collectors.toSet());
  }

  private static void unmount(Container container, Set<String> volumes) {
    container.setVolumeMounts(
        without(container.getVolumeMounts(), mount -> volumes.contains(mount.getName())));
  }

  private Map<String, String> nodeSelector(PodSpec spec) {
    var selector = copy(spec.getNodeSelector());
    selector.keySet().removeIf(this::isMeantForVirtualNode);
    return selector;
  }

  private boolean isMeantForVirtualNode(String label) {
    return label.startsWith("virtualnode.io/")
        || label.equals("kubernetes.io/hostname")
        || (nodeLabels.containsKey(label) && !SHARED_LABELS.contains(label));
  }

  private @Nullable Affinity affinity(@Nullable Affinity affinity) {
    if (affinity == null) {
      return null;
    }
    var node = affinity.getNodeAffinity();
    return node == null
        ? affinity
        : new AffinityBuilder(affinity).withNodeAffinity(nodeAffinity(node)).build();
  }

  private NodeAffinity nodeAffinity(NodeAffinity affinity) {
    return new NodeAffinityBuilder(affinity)
        .withRequiredDuringSchedulingIgnoredDuringExecution(
            required(affinity.getRequiredDuringSchedulingIgnoredDuringExecution()))
        .withPreferredDuringSchedulingIgnoredDuringExecution(
            orEmpty(affinity.getPreferredDuringSchedulingIgnoredDuringExecution()).stream()
                .map(this::preferred)
                .filter(term -> !isEmpty(term.getPreference()))
                .toList())
        .build();
  }

  private PreferredSchedulingTerm preferred(PreferredSchedulingTerm term) {
    return new PreferredSchedulingTermBuilder(term)
        .withPreference(stripped(term.getPreference()))
        .build();
  }

  /** A term that asked for nothing but our node is satisfied, and with it all of them. */
  private @Nullable NodeSelector required(@Nullable NodeSelector selector) {
    if (selector == null) {
      return null;
    }
    var terms = new ArrayList<NodeSelectorTerm>();
    for (var term : selector.getNodeSelectorTerms()) {
      var stripped = stripped(term);
      if (isEmpty(stripped) && !isEmpty(term)) {
        return null;
      }
      terms.add(stripped);
    }
    return new NodeSelectorBuilder(selector).withNodeSelectorTerms(terms).build();
  }

  private NodeSelectorTerm stripped(NodeSelectorTerm term) {
    return new NodeSelectorTermBuilder(term)
        .withMatchExpressions(
            without(term.getMatchExpressions(), e -> isMeantForVirtualNode(e.getKey())))
        .withMatchFields(List.of()) // only metadata.name exists, and it can only mean our node
        .build();
  }

  private static boolean isEmpty(NodeSelectorTerm term) {
    return orEmpty(term.getMatchExpressions()).isEmpty()
        && orEmpty(term.getMatchFields()).isEmpty();
  }

  private static @Nullable Affinity towards(
      String node, boolean pinned, @Nullable Affinity affinity) {
    if (node.equals(Intent.ANY_NODE)) {
      return affinity;
    }
    return pinned ? requiring(node, affinity) : preferring(node, affinity);
  }

  /** Every term is enough by itself, so each has to name the node. */
  private static Affinity requiring(String node, @Nullable Affinity affinity) {
    var present = affinity == null ? null : affinity.getNodeAffinity();
    var required =
        present == null ? null : present.getRequiredDuringSchedulingIgnoredDuringExecution();
    var terms =
        required == null ? List.of(new NodeSelectorTerm()) : required.getNodeSelectorTerms();
    return new AffinityBuilder(affinity == null ? new Affinity() : affinity)
        .editOrNewNodeAffinity()
        .withNewRequiredDuringSchedulingIgnoredDuringExecution()
        .withNodeSelectorTerms(terms.stream().map(term -> naming(node, term)).toList())
        .endRequiredDuringSchedulingIgnoredDuringExecution()
        .endNodeAffinity()
        .build();
  }

  private static NodeSelectorTerm naming(String node, NodeSelectorTerm term) {
    return new NodeSelectorTermBuilder(term).addToMatchFields(named(node)).build();
  }

  private static NodeSelectorRequirement named(String node) {
    return new NodeSelectorRequirement("metadata.name", "In", List.of(node));
  }

  private static Affinity preferring(String node, @Nullable Affinity affinity) {
    var chosen =
        new PreferredSchedulingTermBuilder()
            .withWeight(100)
            .withNewPreference()
            .withMatchFields(named(node))
            .endPreference()
            .build();
    return new AffinityBuilder(affinity == null ? new Affinity() : affinity)
        .editOrNewNodeAffinity()
        .addToPreferredDuringSchedulingIgnoredDuringExecution(chosen)
        .endNodeAffinity()
        .build();
  }

  private List<Toleration> tolerations(PodSpec spec, List<Toleration> memberTolerations) {
    var result = new ArrayList<Toleration>();
    for (var toleration : orEmpty(spec.getTolerations())) {
      var key = toleration.getKey();
      if (key == null || !(nodeTaints.contains(key) || isAddedByAdmission(toleration))) {
        result.add(toleration);
      }
    }
    memberTolerations.stream().filter(t -> !result.contains(t)).forEach(result::add);
    return result;
  }

  private static boolean isAddedByAdmission(Toleration toleration) {
    var seconds = toleration.getTolerationSeconds();
    return NODE_PROBLEMS.contains(toleration.getKey())
        && "NoExecute".equals(toleration.getEffect())
        && (seconds == null || seconds == DEFAULT_TOLERATION_SECONDS);
  }

  private static Map<String, String> copy(@Nullable Map<String, String> map) {
    return map == null ? new HashMap<>() : new HashMap<>(map);
  }

  private static <T> List<T> without(@Nullable List<T> list, Predicate<T> unwanted) {
    return orEmpty(list).stream().filter(unwanted.negate()).collect(Collectors.toList());
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
