package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Preconditions;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.virtualnode.api.PodKey;
import java.io.ByteArrayInputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The requests this package makes to the primary, each one asynchronous and made once.
 *
 * <p>fabric8's own calls block a thread each, cannot delete with a UID precondition and cannot send
 * a patch as it is; so these go to its HTTP client, which adds the credentials. Every stage
 * completes on the given executor; it fails with {@link KubernetesClientException}, whose code is
 * the HTTP status, or 0 if there was no answer.
 */
final class PrimaryApi {

  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;

  private static final String JSON = "application/json";
  private static final String MERGE_PATCH = "application/merge-patch+json";
  private static final String STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";
  private static final String NODES = "api/v1/nodes";
  private static final String NODE_LEASES =
      "apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

  private final KubernetesClient client;
  private final KubernetesSerialization serialization;
  private final Executor executor;
  private final String root;
  private final long timeoutMillis;

  PrimaryApi(KubernetesClient client, Executor executor) {
    this.client = client;
    this.serialization = client.getKubernetesSerialization();
    this.executor = executor;
    String url = client.getConfiguration().getMasterUrl();
    this.root = url.endsWith("/") ? url : url + "/";
    this.timeoutMillis = client.getConfiguration().getRequestTimeout();
  }

  KubernetesSerialization serialization() {
    return serialization;
  }

  /** The HTTP status that a failed stage tells of; 0 if there was no answer. */
  static int code(Throwable failure) {
    return unwrap(failure) instanceof KubernetesClientException e ? e.getCode() : 0;
  }

  /** The failure itself, without the wrapping that stages add. */
  static Throwable unwrap(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  CompletionStage<String> namespaceUid(String name) {
    return send("GET", "api/v1/namespaces/" + name, null, null, Namespace.class)
        .thenApply(namespace -> namespace.getMetadata().getUid());
  }

  /** Empty if there is no pod of that name, or it has another UID. */
  CompletableFuture<Optional<Pod>> pod(PodKey key) {
    return optional(send("GET", podPath(key), null, null, Pod.class))
        .thenApply(pod -> pod.filter(found -> key.uid().equals(found.getMetadata().getUid())));
  }

  CompletableFuture<Pod> patchPodStatus(PodKey key, String body) {
    return send("PATCH", podPath(key) + "/status", MERGE_PATCH, body, Pod.class);
  }

  /** Deletes at once, and only the pod of that UID. */
  CompletableFuture<Void> deletePod(PodKey key) {
    DeleteOptions options = new DeleteOptions();
    options.setGracePeriodSeconds(0L);
    options.setPreconditions(new Preconditions(null, key.uid()));
    return send("DELETE", podPath(key), JSON, serialization.asJson(options), Void.class);
  }

  CompletionStage<Void> createEvent(Event event) {
    String path = "api/v1/namespaces/" + event.getMetadata().getNamespace() + "/events";
    return send("POST", path, JSON, serialization.asJson(event), Void.class);
  }

  CompletableFuture<Optional<Node>> node(String name) {
    return optional(send("GET", NODES + "/" + name, null, null, Node.class));
  }

  CompletableFuture<Node> createNode(Node node) {
    return send("POST", NODES, JSON, serialization.asJson(node), Node.class);
  }

  CompletableFuture<Node> patchNode(String name, Object patch) {
    return send("PATCH", NODES + "/" + name, MERGE_PATCH, serialization.asJson(patch), Node.class);
  }

  /** Lists such as the conditions are merged by their keys: what others wrote stays. */
  CompletableFuture<Node> patchNodeStatus(String name, Object patch) {
    return send(
        "PATCH",
        NODES + "/" + name + "/status",
        STRATEGIC_MERGE_PATCH,
        serialization.asJson(patch),
        Node.class);
  }

  CompletableFuture<Void> createLease(Lease lease) {
    return send("POST", NODE_LEASES, JSON, serialization.asJson(lease), Void.class);
  }

  CompletableFuture<Void> patchLease(String name, Object patch) {
    return send(
        "PATCH", NODE_LEASES + "/" + name, MERGE_PATCH, serialization.asJson(patch), Void.class);
  }

  private static String podPath(PodKey key) {
    return "api/v1/namespaces/" + key.namespace() + "/pods/" + key.name();
  }

  private static <T> CompletableFuture<Optional<T>> optional(CompletableFuture<T> answer) {
    return answer
        .thenApply(Optional::of)
        .exceptionally(
            failure -> {
              if (code(failure) == NOT_FOUND) {
                return Optional.empty();
              }
              throw new CompletionException(unwrap(failure));
            });
  }

  private <T> CompletableFuture<T> send(
      String method,
      String path,
      @Nullable String contentType,
      @Nullable String body,
      Class<T> answerType) {
    HttpRequest request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(root + path)
            .method(method, contentType, body)
            .timeout(timeoutMillis, TimeUnit.MILLISECONDS)
            .build();
    return client
        .getHttpClient()
        .sendAsync(request, byte[].class)
        .handleAsync(
            (response, failure) -> {
              if (failure != null) {
                Throwable cause = unwrap(failure);
                throw new KubernetesClientException(
                    method + " " + path + ": no answer: " + cause.getMessage(), cause);
              }
              return answer(method, path, response, answerType);
            },
            executor);
  }

  @SuppressWarnings("NullAway") // Void has no other value than null
  private <T> T answer(
      String method, String path, HttpResponse<byte[]> response, Class<T> answerType) {
    byte[] body = response.body();
    if (response.isSuccessful()) {
      return answerType == Void.class
          ? null
          : serialization.unmarshal(new ByteArrayInputStream(body), answerType);
    }
    Status status = null;
    try {
      status = serialization.unmarshal(new ByteArrayInputStream(body), Status.class);
    } catch (RuntimeException e) {
      // Not every refusal comes from an API server; the code says enough.
    }
    String message = status == null ? "" : ": " + status.getMessage();
    throw new KubernetesClientException(
        method + " " + path + ": HTTP " + response.code() + message, response.code(), status);
  }
}
