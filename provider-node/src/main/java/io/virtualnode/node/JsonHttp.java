package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Single requests to an API server, each asynchronous and carried out at most once.
 *
 * <p>fabric8's own calls block a thread each, cannot delete with a UID precondition and cannot send
 * a patch as it is; so these go to its HTTP client, which adds the credentials. Every stage
 * completes on the given executor; it fails with {@link KubernetesClientException}, whose code is
 * the HTTP status, or 0 if there was no answer.
 *
 * <p>A request that the server turned away with 429 was not carried out. It is made again after the
 * time that the server asks for, a few times.
 */
final class JsonHttp {

  private static final int TOO_MANY_REQUESTS = 429;

  /** How often a request is made that is turned away, unless told otherwise. */
  private static final int ATTEMPTS = 4;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  /** One request; a body goes with its type. */
  record Call(String method, String path, @Nullable String contentType, @Nullable String body) {

    static Call get(String path) {
      return new Call("GET", path, null, null);
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private final KubernetesClient client;
  private final KubernetesSerialization serialization;
  private final Executor executor;
  private final Timer timer;
  private final int attempts;
  private final String root;
  private final long timeoutMillis;

  JsonHttp(KubernetesClient client, Executor executor, Timer timer) {
    this(client, executor, timer, ATTEMPTS);
  }

  JsonHttp(KubernetesClient client, Executor executor, Timer timer, int attempts) {
    this.attempts = attempts;
    this.client = client;
    this.serialization = client.getKubernetesSerialization();
    this.executor = executor;
    this.timer = timer;
    String url = client.getConfiguration().getMasterUrl();
    this.root = url.endsWith("/") ? url : url + "/";
    this.timeoutMillis = client.getConfiguration().getRequestTimeout();
  }

  KubernetesSerialization serialization() {
    return serialization;
  }

  <T> CompletableFuture<T> send(Call call, Class<T> answerType) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    attempt(call, answerType, 1, answer);
    return answer;
  }

  private <T> void attempt(Call call, Class<T> type, int number, CompletableFuture<T> answer) {
    var unused =
        exchange(call)
            .whenComplete(
                (response, failure) -> {
                  try {
                    executor.execute(() -> arrived(call, type, number, answer, response, failure));
                  } catch (RejectedExecutionException e) { // closed: nobody waits in vain
                    answer.completeExceptionally(noAnswer(call, e));
                  }
                });
  }

  private <T> void arrived(
      Call call,
      Class<T> type,
      int number,
      CompletableFuture<T> answer,
      HttpResponse<byte[]> response,
      @Nullable Throwable failure) {
    try {
      if (failure != null) {
        throw noAnswer(call, failure);
      }
      if (response.code() == TOO_MANY_REQUESTS && number < attempts) {
        Runnable again = () -> attempt(call, type, number + 1, answer);
        timer.schedule(retryAfter(response), again);
      } else {
        answer.complete(answer(call, response, type));
      }
    } catch (Throwable e) { // errors too: somebody waits for this
      answer.completeExceptionally(e);
    }
  }

  private CompletableFuture<HttpResponse<byte[]>> exchange(Call call) {
    try {
      HttpRequest request =
          client
              .getHttpClient()
              .newHttpRequestBuilder()
              .uri(root + call.path())
              .method(call.method(), call.contentType(), call.body())
              .timeout(timeoutMillis, TimeUnit.MILLISECONDS)
              .build();
      return client.getHttpClient().sendAsync(request, byte[].class);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static KubernetesClientException noAnswer(Call call, Throwable failure) {
    Throwable cause = failure.getCause();
    Throwable reason = failure instanceof CompletionException && cause != null ? cause : failure;
    return new KubernetesClientException(call + ": no answer: " + reason.getMessage(), reason);
  }

  @SuppressWarnings("NullAway") // Void has no other value than null
  private <T> T answer(Call call, HttpResponse<byte[]> response, Class<T> type) {
    byte[] body = response.body();
    if (response.isSuccessful()) {
      return type == Void.class
          ? null
          : serialization.unmarshal(new ByteArrayInputStream(body), type);
    }
    Status status = null;
    try {
      status = serialization.unmarshal(new ByteArrayInputStream(body), Status.class);
    } catch (RuntimeException e) {
      // Not every refusal comes from an API server; the code says enough.
    }
    String message = status == null ? "" : ": " + status.getMessage();
    throw new KubernetesClientException(
        call + ": HTTP " + response.code() + message, response.code(), status);
  }

  /** In seconds, as API servers say it; one where nothing readable is said. */
  private static Duration retryAfter(HttpResponse<?> response) {
    String seconds = response.header("Retry-After");
    try {
      Duration asked = Duration.ofSeconds(seconds == null ? 1 : Long.parseLong(seconds.strip()));
      return asked.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : asked;
    } catch (NumberFormatException e) {
      return Duration.ofSeconds(1);
    }
  }
}
