package io.virtualnode.kubernetes.member;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one member's API server. None blocks; none is repeated here; all are thread-safe. So
 * many are under way at a time as the server bears ({@link Pace}).
 *
 * <p>Stages fail with {@link ProviderException}: {@code UNAVAILABLE} if no answer came or the
 * server could not serve (its effect is then unknown), {@code CONFLICT} for 409, {@code NOT_FOUND}
 * for 404, {@code INVALID} for any other refusal; the message is the server's own.
 */
public final class MemberApi {

  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SLOW = Duration.ofSeconds(2);
  private static final Set<Integer> BUSY = Set.of(429, 503, 504);
  private static final String JSON = "application/json";
  private static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";
  private static final int CONFLICT = 409;
  private static final int NOT_FOUND = 404;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int FIRST_SERVER_ERROR = 500;

  private final String member;
  private final KubernetesClient client;
  private final PacedRequests paced = new PacedRequests();

  MemberApi(String member, KubernetesClient client) {
    this.member = member;
    this.client = client;
  }

  /**
   * Creates a pod exactly as given; a field that the member does not know is an error.
   *
   * @return the pod as the member has it
   */
  public CompletionStage<Pod> create(Pod pod) {
    var path =
        "/api/v1/namespaces/%s/pods?fieldValidation=Strict"
            .formatted(pod.getMetadata().getNamespace());
    var body = client.getKubernetesSerialization().asJson(pod);
    return send("POST", path, body).thenApply(response -> read(response, Pod.class));
  }

  /**
   * Takes a scheduling gate off exactly this pod; nothing changes if it has none of that name.
   * {@code NOT_FOUND} and {@code CONFLICT} both mean that no pod of that UID is there.
   */
  public CompletionStage<Void> openGate(String namespace, String name, String uid, String gate) {
    var removal = Map.of("$patch", "delete", "name", gate);
    var patch =
        Map.of("metadata", Map.of("uid", uid), "spec", Map.of("schedulingGates", List.of(removal)));
    var body = client.getKubernetesSerialization().asJson(patch);
    return send("PATCH", podPath(namespace, name), body).thenAccept(response -> {});
  }

  /**
   * Puts a finalizer on exactly this pod, if it is still as it was at that resourceVersion. {@code
   * NOT_FOUND} means that no pod of that name is there, {@code CONFLICT} that it has changed,
   * {@code INVALID} also that it is being deleted.
   *
   * @return its resourceVersion with the finalizer; the same if it had it before
   */
  public CompletionStage<String> addFinalizer(
      String namespace, String name, String uid, String resourceVersion, String finalizer) {
    var patch =
        Map.of(
            "metadata",
            Map.of(
                "uid", uid, "resourceVersion", resourceVersion, "finalizers", List.of(finalizer)));
    var body = client.getKubernetesSerialization().asJson(patch);
    return send("PATCH", podPath(namespace, name), body)
        .thenApply(response -> read(response, Pod.class).getMetadata().getResourceVersion());
  }

  /**
   * Takes a finalizer off exactly this pod; nothing changes if it has none of that name. {@code
   * NOT_FOUND} and {@code CONFLICT} both mean that no pod of that UID is there.
   */
  public CompletionStage<Void> removeFinalizer(
      String namespace, String name, String uid, String finalizer) {
    var removal = Map.of("uid", uid, "$deleteFromPrimitiveList/finalizers", List.of(finalizer));
    var body = client.getKubernetesSerialization().asJson(Map.of("metadata", removal));
    return send("PATCH", podPath(namespace, name), body).thenAccept(response -> {});
  }

  /** Reads a pod; empty if there is none of that name. */
  public CompletionStage<Optional<Pod>> get(String namespace, String name) {
    return emptyIf(
        Reason.NOT_FOUND,
        send("GET", podPath(namespace, name), null)
            .thenApply(response -> read(response, Pod.class)));
  }

  /** The answer; empty if it has failed for that reason. */
  static <T> CompletionStage<Optional<T>> emptyIf(Reason reason, CompletionStage<T> answer) {
    return answer
        .thenApply(Optional::of)
        .exceptionally(
            failure -> {
              var cause = failure instanceof CompletionException ? failure.getCause() : failure;
              if (cause instanceof ProviderException e && e.reason() == reason) {
                return Optional.empty();
              }
              throw new CompletionException(cause);
            });
  }

  /**
   * Asks that exactly this pod be deleted. Completing means accepted; {@code NOT_FOUND} and {@code
   * CONFLICT} both mean that no pod of that UID is there.
   *
   * <p>With a grace of 0 the API server forgets the pod at once, while its containers may still
   * run.
   *
   * @return the finalizers that keep it
   */
  public CompletionStage<Set<String>> delete(
      String namespace, String name, String uid, Duration grace) {
    return delete(namespace, name, grace, Map.of("uid", uid));
  }

  /**
   * Asks that exactly this pod be deleted, if it is still as it was at that resourceVersion. {@code
   * NOT_FOUND} means that no pod of that name is there, {@code CONFLICT} that it has changed.
   *
   * @return the finalizers that keep it
   */
  public CompletionStage<Set<String>> deleteUnchanged(
      String namespace, String name, String uid, String resourceVersion) {
    return delete(
        namespace, name, Duration.ZERO, Map.of("uid", uid, "resourceVersion", resourceVersion));
  }

  private CompletionStage<Set<String>> delete(
      String namespace, String name, Duration grace, Map<String, String> preconditions) {
    var options =
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "DeleteOptions",
            "gracePeriodSeconds",
            grace.toSeconds(),
            "preconditions",
            preconditions);
    var body = client.getKubernetesSerialization().asJson(options);
    return send("DELETE", podPath(namespace, name), body).thenApply(this::finalizers);
  }

  /** Of the pod that came back, if one did; hardly any has some. */
  private Set<String> finalizers(HttpResponse<byte[]> response) {
    if (!new String(response.body(), StandardCharsets.UTF_8).contains("\"finalizers\"")) {
      return Set.of();
    }
    return Set.copyOf(read(response, Pod.class).getMetadata().getFinalizers());
  }

  /** The UID of a namespace. */
  CompletionStage<String> namespaceUid(String name) {
    return send("GET", "/api/v1/namespaces/" + name, null)
        .thenApply(response -> read(response, Namespace.class).getMetadata().getUid());
  }

  /** Completes if the API server answers at all within the time, whatever it thinks of us. */
  CompletionStage<Void> probe(Duration timeout) {
    var request = request("GET", "/readyz", null, timeout);
    return client
        .getHttpClient()
        .sendAsync(request, byte[].class)
        .thenAccept(
            response -> {
              if (response.code() >= FIRST_SERVER_ERROR) {
                throw failure("GET", "/readyz", response);
              }
            });
  }

  private CompletionStage<HttpResponse<byte[]>> send(
      String method, String path, @Nullable String body) {
    return paced
        .send(
            () ->
                client
                    .getHttpClient()
                    .sendAsync(request(method, path, body, REQUEST_TIMEOUT), byte[].class),
            MemberApi::overload)
        .handle(
            (response, failure) -> {
              if (failure != null) {
                throw new ProviderException(
                    Reason.UNAVAILABLE,
                    "member %s: no answer to %s %s: %s".formatted(member, method, path, failure),
                    failure);
              }
              if (!response.isSuccessful()) {
                throw failure(method, path, response);
              }
              return response;
            });
  }

  private static Optional<Duration> overload(
      @Nullable HttpResponse<byte[]> response, @Nullable Throwable failure, Duration duration) {
    if (response != null && BUSY.contains(response.code())) {
      return Optional.of(retryAfter(response));
    }
    boolean slow = duration.compareTo(SLOW) > 0;
    return slow ? Optional.of(Duration.ZERO) : Optional.empty();
  }

  /** Kubernetes gives it in seconds (RFC 9110, 10.2.3). */
  private static Duration retryAfter(HttpResponse<byte[]> response) {
    var header = response.header("Retry-After");
    return header != null && header.matches("[0-9]{1,4}")
        ? Duration.ofSeconds(Long.parseLong(header))
        : Duration.ZERO;
  }

  private HttpRequest request(String method, String path, @Nullable String body, Duration timeout) {
    var base = client.getMasterUrl().toString();
    var uri =
        URI.create(base.endsWith("/") ? base.substring(0, base.length() - 1) + path : base + path);
    return client
        .getHttpClient()
        .newHttpRequestBuilder()
        .uri(uri)
        .method(method, method.equals("PATCH") ? STRATEGIC_PATCH : JSON, body)
        .header("Accept", JSON)
        .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .build();
  }

  private ProviderException failure(String method, String path, HttpResponse<byte[]> response) {
    int code = response.code();
    var reason =
        code == NOT_FOUND
            ? Reason.NOT_FOUND
            : code == CONFLICT
                ? Reason.CONFLICT
                : code == TOO_MANY_REQUESTS || code >= FIRST_SERVER_ERROR
                    ? Reason.UNAVAILABLE
                    : Reason.INVALID;
    return new ProviderException(
        reason,
        "MemberRefused",
        "member %s: %s %s: %d %s".formatted(member, method, path, code, message(response)),
        null);
  }

  /** The message of the Status object that came back, or the body itself if it is none. */
  private String message(HttpResponse<byte[]> response) {
    var text = new String(response.body(), StandardCharsets.UTF_8);
    try {
      var status = client.getKubernetesSerialization().unmarshal(text, Status.class);
      return status == null || status.getMessage() == null ? text : status.getMessage();
    } catch (RuntimeException notAStatus) {
      return text;
    }
  }

  private <T> T read(HttpResponse<byte[]> response, Class<T> type) {
    return client
        .getKubernetesSerialization()
        .unmarshal(new String(response.body(), StandardCharsets.UTF_8), type);
  }

  private static String podPath(String namespace, String name) {
    return "/api/v1/namespaces/%s/pods/%s".formatted(namespace, name);
  }
}
