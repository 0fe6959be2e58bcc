package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.EvictionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.kubernetes.Whereabouts.Located;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.Configuration;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Has a member drained by the process that runs the virtual nodes, wherever that is: by marks on
 * the virtual Nodes in the primary. Reads and writes the primary only, but for the name of a
 * member's cluster.
 *
 * <p>The mark is put on every virtual Node of the configuration, so that it is not lost with those
 * that come and go with the members' nodes. All methods block and throw {@link
 * KubernetesClientException} if the primary does not answer. Not thread-safe.
 */
public final class MemberDrain {

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int MOST_CONFLICTS = 20;

  private final Configuration configuration;
  private final KubernetesClient primary;
  private final String member;
  private final NodeIdentity identity;
  private Optional<Set<String>> cluster = Optional.empty();

  /**
   * Nothing is asked yet.
   *
   * @param primary stays the caller's
   * @param member the member's name, configured or not
   */
  public MemberDrain(Configuration configuration, KubernetesClient primary, String member) {
    this.configuration = configuration;
    this.primary = primary;
    this.member = member;
    this.identity = new NodeIdentity(configuration.node().name());
  }

  /**
   * How far it has come.
   *
   * @param noted whether the process of the virtual nodes knows that the member is drained
   * @param empty whether, by its word, no delegate is there that has not ended, and none on its way
   * @param running how many pods run there
   * @param pending how many wait there to run
   * @param ending how many of them are being deleted
   */
  public record Progress(boolean noted, boolean empty, int running, int pending, int ending) {

    /** Whether nothing of ours is there that has not ended. */
    public boolean isOver() {
      return noted && empty && running + pending == 0;
    }
  }

  /**
   * A pod that was not evicted.
   *
   * @param pod {@code namespace/name}
   * @param reason the primary's words, or why it was not asked
   */
  public record Refusal(String pod, String reason) {}

  /** How many virtual Nodes there are. */
  public int virtualNodes() {
    return nodes().size();
  }

  /** Whether there is anything of that name: in the configuration, on a pod, or as a mark. */
  public boolean isKnown() {
    if (configuration.member(member).isPresent()) {
      return true;
    }
    var nodes = nodes();
    return nodes.stream().anyMatch(node -> DrainMark.on(node).contains(member))
        || !delegates(nodes).isEmpty();
  }

  /** Whether the configuration itself has it drained. */
  public boolean isConfigured() {
    return configuration.member(member).filter(settings -> settings.drain()).isPresent();
  }

  /** Marks the member, or takes the mark away; returns whether any Node was changed by that. */
  public boolean mark(boolean wanted) {
    boolean changed = false;
    for (var node : nodes()) {
      changed |= mark(node, wanted);
    }
    return changed;
  }

  private boolean mark(Node found, boolean wanted) {
    var node = Optional.of(found);
    for (int i = 0; node.isPresent(); i++) {
      var names = new TreeSet<>(DrainMark.on(node.get()));
      if (wanted ? !names.add(member) : !names.remove(member)) {
        return false;
      }
      try {
        patch(node.get(), names);
        return true;
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || i == MOST_CONFLICTS) {
          throw e;
        }
        node =
            Optional.ofNullable(
                primary.nodes().withName(found.getMetadata().getName()).get()); // it has changed
      }
    }
    return false; // it has gone
  }

  private void patch(Node node, Set<String> names) {
    var metadata = new HashMap<String, @Nullable Object>();
    var annotations = new HashMap<String, @Nullable Object>();
    annotations.put(DrainMark.ANNOTATION, names.isEmpty() ? null : DrainMark.text(names));
    metadata.put("annotations", annotations);
    metadata.put("uid", node.getMetadata().getUid());
    metadata.put("resourceVersion", node.getMetadata().getResourceVersion());
    primary
        .nodes()
        .withName(node.getMetadata().getName())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            primary.getKubernetesSerialization().asJson(Map.of("metadata", metadata)));
  }

  /** How far it has come now. */
  public Progress progress() {
    var nodes = nodes();
    var standing =
        nodes.stream().filter(node -> standsForIt(identity.scopeOf(node).orElseThrow())).toList();
    var words =
        standing.stream()
            .map(node -> DrainReport.on(node).empty().get(member))
            .filter(Objects::nonNull)
            .toList();
    var delegates = delegates(nodes); // after that: what has gone from there by now is none of it
    int ending = (int) delegates.stream().filter(MemberDrain::isEnding).count();
    int running =
        (int) delegates.stream().filter(one -> !isEnding(one)).filter(MemberDrain::runs).count();
    return new Progress(
        !words.isEmpty() || standing.isEmpty(),
        words.stream().allMatch(empty -> empty) && (!standing.isEmpty() || ending == 0),
        running,
        delegates.size() - running - ending,
        ending);
  }

  private boolean standsForIt(Scope scope) {
    return NodeIdentity.memberOf(scope).map(member::equals).orElse(true);
  }

  private static boolean isEnding(Located one) {
    return one.proxy().getMetadata().getDeletionTimestamp() != null;
  }

  private static boolean runs(Located one) {
    return "Running".equals(one.proxy().getStatus().getPhase());
  }

  /**
   * Evicts the pods whose delegates are there, so that their controllers make new ones, which go
   * elsewhere. What was refused may be asked for again.
   *
   * @return those that stay for now, and why
   */
  public List<Refusal> evict() {
    var refusals = new ArrayList<Refusal>();
    for (var one : delegates(nodes())) {
      if (!isEnding(one)) {
        var pod = one.proxy();
        refusal(pod)
            .ifPresent(
                reason ->
                    refusals.add(
                        new Refusal(
                            pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName(),
                            reason)));
      }
    }
    return refusals;
  }

  private Optional<String> refusal(Pod pod) {
    if (pod.getMetadata().getOwnerReferences().stream()
        .noneMatch(owner -> Boolean.TRUE.equals(owner.getController()))) {
      return Optional.of("it has no controller that would make it anew: it is waited for");
    }
    try {
      evict(pod);
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case TOO_MANY_REQUESTS, HttpURLConnection.HTTP_INTERNAL_ERROR ->
            Optional.of(
                e.getStatus() == null
                    ? String.valueOf(e.getMessage())
                    : e.getStatus().getMessage());
        // It has gone, or another pod has its name.
        case HttpURLConnection.HTTP_NOT_FOUND, HttpURLConnection.HTTP_CONFLICT -> Optional.empty();
        default -> throw e;
      };
    }
  }

  private void evict(Pod pod) {
    var metadata = pod.getMetadata();
    var eviction =
        new EvictionBuilder()
            .withNewMetadata()
            .withNamespace(metadata.getNamespace())
            .withName(metadata.getName())
            .endMetadata()
            .withDeleteOptions(
                new DeleteOptionsBuilder()
                    .withNewPreconditions()
                    .withUid(metadata.getUid())
                    .endPreconditions()
                    .build())
            .build();
    var unused =
        primary.raw(
            "/api/v1/namespaces/%s/pods/%s/eviction"
                .formatted(metadata.getNamespace(), metadata.getName()),
            "POST",
            eviction);
  }

  private List<Node> nodes() {
    return ForwardingNode.virtualNodes(primary).stream()
        .filter(node -> identity.scopeOf(node).isPresent())
        .toList();
  }

  /** The proxies on these nodes whose delegates are there. */
  private List<Located> delegates(List<Node> nodes) {
    return Whereabouts.proxies(configuration, primary, nodes).stream()
        .filter(this::isThere)
        .toList();
  }

  /** Also under a name that the member's cluster had before. */
  private boolean isThere(Located one) {
    var named = one.intent().member();
    return named.equals(member)
        || (configuration.member(named).isEmpty() && cluster().contains(one.intent().clusterUid()));
  }

  /** What the member's cluster is known by; nothing while it does not answer. */
  private Set<String> cluster() {
    var settings = configuration.member(member);
    if (cluster.isEmpty() && settings.isPresent()) {
      try (var client = ForwardingNode.memberClient(settings.get())) {
        var names =
            settings.get().capacity().seesNodes()
                ? Stream.of("kube-system")
                : settings.get().namespace().stream();
        cluster =
            Optional.of(
                names
                    .map(name -> client.namespaces().withName(name).require())
                    .map(namespace -> namespace.getMetadata().getUid())
                    .collect(Collectors.toSet()));
      } catch (KubernetesClientException e) {
        return Set.of(); // the next look asks again
      }
    }
    return cluster.orElse(Set.of());
  }
}
