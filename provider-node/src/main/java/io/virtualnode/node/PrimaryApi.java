package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Preconditions;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.api.PodKey;
import io.virtualnode.node.JsonHttp.Call;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The requests this package makes to the primary. Every stage completes on the given executor; it
 * fails with {@link KubernetesClientException}, whose code is the HTTP status, or 0 if there was no
 * answer.
 *
 * <p>Only so many requests about pods are under way at a time. Those about Nodes and leases have
 * bounds of their own and never wait behind them: a node whose pods all change at once stays alive.
 */
final class PrimaryApi implements PodApi, NodeApi, LeaseApi {

  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;

  /** The object is malformed, or a field would change that must not. */
  static final int INVALID = 422;

  /** What one API server takes on one connection, by default. */
  static final int POD_REQUESTS = 100;

  /** So many that a thousand leases are renewed in time though each answer takes a second. */
  private static final int NODE_REQUESTS = 50;

  private static final String JSON = "application/json";
  private static final String MERGE_PATCH = "application/merge-patch+json";
  private static final String STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";
  private static final String NODES = "api/v1/nodes";
  private static final String NODE_LEASES =
      "apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

  private final JsonHttp http;
  private final RequestLimit pods = new RequestLimit(POD_REQUESTS);
  private final RequestLimit nodes = new RequestLimit(NODE_REQUESTS);

  PrimaryApi(KubernetesClient client, Executor executor, Timer timer) {
    this.http = new JsonHttp(client, executor, timer);
  }

  /** The HTTP status that a failed stage tells of; 0 if there was no answer. */
  static int code(Throwable failure) {
    return unwrap(failure) instanceof KubernetesClientException e ? e.getCode() : 0;
  }

  /** Whether the primary will never accept this, however often it is sent. */
  static boolean isRefusal(int code) {
    return code == 400 || code == 413 || code == INVALID;
  }

  /** The failure itself, without the wrapping that stages add. */
  static Throwable unwrap(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  CompletionStage<String> namespaceUid(String name) {
    return http.send(Call.get("api/v1/namespaces/" + name), Namespace.class)
        .thenApply(namespace -> namespace.getMetadata().getUid());
  }

  @Override
  public CompletableFuture<Optional<Pod>> pod(PodKey key) {
    return optional(pods.run(() -> http.send(Call.get(path(key)), Pod.class)))
        .thenApply(pod -> pod.filter(found -> key.uid().equals(found.getMetadata().getUid())));
  }

  @Override
  public CompletableFuture<List<Pod>> podsOn(String nodeName) {
    return morePods(nodeName, "", new ArrayList<>());
  }

  private CompletableFuture<List<Pod>> morePods(String nodeName, String from, List<Pod> found) {
    // With a limit and no resourceVersion the answer is never from an old cache.
    String path =
        "api/v1/pods?limit=500&fieldSelector=spec.nodeName%3D" + nodeName + "&continue=" + from;
    return pods.run(() -> http.send(Call.get(path), PodList.class))
        .thenCompose(
            page -> {
              found.addAll(page.getItems());
              String next = page.getMetadata().getContinue();
              return next == null || next.isEmpty()
                  ? CompletableFuture.completedFuture(found)
                  : morePods(nodeName, URLEncoder.encode(next, StandardCharsets.UTF_8), found);
            });
  }

  @Override
  public CompletableFuture<Pod> patchStatus(PodKey key, Pod read, PodStatus desired) {
    String path = path(key) + "/status";
    return pods.run(
        () -> {
          String body = StatusPatch.of(read, desired, http.serialization());
          return http.send(new Call("PATCH", path, MERGE_PATCH, body), Pod.class);
        });
  }

  @Override
  public CompletableFuture<Void> deletePod(PodKey key) {
    DeleteOptions options = only(key.uid());
    options.setGracePeriodSeconds(0L);
    return pods.run(() -> http.send(with("DELETE", path(key), JSON, options), Void.class));
  }

  @Override
  public CompletableFuture<Void> createEvent(Event event) {
    String path = "api/v1/namespaces/" + event.getMetadata().getNamespace() + "/events";
    return pods.run(() -> http.send(with("POST", path, JSON, event), Void.class));
  }

  @Override
  public CompletableFuture<Optional<Node>> node(String name) {
    return optional(nodes.run(() -> http.send(Call.get(NODES + "/" + name), Node.class)));
  }

  @Override
  public CompletableFuture<Node> createNode(Node node) {
    return nodes.run(() -> http.send(with("POST", NODES, JSON, node), Node.class));
  }

  @Override
  public CompletableFuture<Void> deleteNode(String name, String uid) {
    return nodes.run(
        () -> http.send(with("DELETE", NODES + "/" + name, JSON, only(uid)), Void.class));
  }

  @Override
  public CompletableFuture<Node> patchNode(String name, Object patch) {
    String path = NODES + "/" + name;
    return nodes.run(() -> http.send(with("PATCH", path, MERGE_PATCH, patch), Node.class));
  }

  @Override
  public CompletableFuture<Node> patchNodeStatus(String name, Object patch) {
    String path = NODES + "/" + name + "/status";
    return nodes.run(
        () -> http.send(with("PATCH", path, STRATEGIC_MERGE_PATCH, patch), Node.class));
  }

  @Override
  public CompletableFuture<Lease> createLease(Lease lease) {
    return nodes.run(() -> http.send(with("POST", NODE_LEASES, JSON, lease), Lease.class));
  }

  @Override
  public CompletableFuture<Lease> patchLease(String name, Object patch) {
    String path = NODE_LEASES + "/" + name;
    return nodes.run(() -> http.send(with("PATCH", path, MERGE_PATCH, patch), Lease.class));
  }

  private static DeleteOptions only(String uid) {
    DeleteOptions options = new DeleteOptions();
    options.setPreconditions(new Preconditions(null, uid));
    return options;
  }

  private Call with(String method, String path, String contentType, Object body) {
    return new Call(method, path, contentType, http.serialization().asJson(body));
  }

  private static String path(PodKey key) {
    return "api/v1/namespaces/" + key.namespace() + "/pods/" + key.name();
  }

  /** Nothing where the primary says that there is no such object. */
  static <T> CompletableFuture<Optional<T>> optional(CompletableFuture<T> answer) {
    Function<Throwable, Optional<T>> absent =
        failure -> {
          if (code(failure) == NOT_FOUND) {
            return Optional.empty();
          }
          throw new CompletionException(unwrap(failure));
        };
    return answer.thenApply(Optional::of).exceptionally(absent);
  }
}
