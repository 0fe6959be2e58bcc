package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Against a server that only counts what reaches it, and answers as a test wants. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WriteGuardTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String REFUSAL = "no longer leader";

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<String> arrived = new ConcurrentLinkedQueue<>();
  private final CountDownLatch slowAnswers = new CountDownLatch(1);
  private final HttpServer server;
  private volatile boolean leader = true;
  private volatile Runnable onArrival = () -> {};
  private volatile int answer = 200;

  WriteGuardTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void close() {
    slowAnswers.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void writes_of_every_kind_are_refused_and_reads_pass_once_the_guard_says_no() {
    try (KubernetesClient client = ApiClients.client(config(), () -> leader)) {
      for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
        assertThat(send(client.getHttpClient(), method)).succeedsWithin(SOON);
      }
      leader = false;
      arrived.clear();
      for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
        assertThat(send(client.getHttpClient(), method))
            .failsWithin(SOON)
            .withThrowableThat()
            .withCauseInstanceOf(IOException.class)
            .withMessageContaining("no longer leader: " + method + " /api/x was not sent");
      }
      assertThat(arrived).isEmpty();
      for (String method : List.of("GET", "HEAD", "OPTIONS")) {
        assertThat(send(client.getHttpClient(), method)).succeedsWithin(SOON);
      }
      assertThat(arrived).containsExactly("GET", "HEAD", "OPTIONS");
    }
  }

  @Test
  void writes_are_refused_in_whatever_way_the_client_is_used() {
    leader = false;
    try (KubernetesClient client = ApiClients.client(config(), () -> leader);
        KubernetesClient forLeases = ApiClients.leaseClient(client, SOON)) {
      var pod = new PodBuilder().withNewMetadata().withName("p").endMetadata().build();
      var node = new NodeBuilder().withNewMetadata().withName("v").endMetadata().build();
      PrimaryApi api = new PrimaryApi(client, threads, new VirtualTimer());

      assertThatThrownBy(() -> client.pods().inNamespace("ns").resource(pod).create())
          .isInstanceOf(KubernetesClientException.class)
          .hasStackTraceContaining(REFUSAL);
      assertThat(api.createNode(node))
          .failsWithin(SOON)
          .withThrowableThat()
          .withMessageContaining(REFUSAL);
      assertThat(send(client.getHttpClient().newBuilder().build(), "POST")).failsWithin(SOON);
      assertThat(send(forLeases.getHttpClient(), "PATCH")).failsWithin(SOON);
      assertThat(arrived).isEmpty();
    }
  }

  @Test
  void write_is_refused_before_a_connection_is_looked_for() {
    leader = false;
    server.stop(0);
    try (KubernetesClient client = ApiClients.client(config(), () -> leader)) {
      assertThat(send(client.getHttpClient(), "POST"))
          .failsWithin(SOON)
          .withThrowableThat()
          .withMessageContaining(REFUSAL);
    }
  }

  @Test
  void client_without_a_guard_and_one_beside_it_write_as_ever() {
    try (KubernetesClient client = ApiClients.client(config());
        KubernetesClient forLeases = ApiClients.leaseClient(client, SOON)) {
      assertThat(send(client.getHttpClient(), "POST")).succeedsWithin(SOON);
      assertThat(send(forLeases.getHttpClient(), "PATCH")).succeedsWithin(SOON);
    }
  }

  @Test
  void write_that_was_refused_as_unauthorized_is_not_sent_again_after_the_end() {
    Config withToken = new ConfigBuilder(config()).withOauthTokenProvider(() -> "t").build();
    answer = 401;
    try (KubernetesClient client = ApiClients.client(withToken, () -> leader)) {
      assertThat(send(client.getHttpClient(), "POST")).succeedsWithin(SOON);
      assertThat(arrived).containsExactly("POST", "POST");
      arrived.clear();
      onArrival = () -> leader = false;
      assertThat(send(client.getHttpClient(), "POST"))
          .failsWithin(SOON)
          .withThrowableThat()
          .withMessageContaining(REFUSAL);
      assertThat(arrived).containsExactly("POST");
    }
  }

  @Test
  void write_that_waits_for_a_connection_is_refused_if_the_end_comes_first() {
    Vertx vertx = Vertx.vertx();
    try {
      var http =
          new GuardedVertx(vertx, () -> leader)
              .createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(1));
      CompletableFuture<Integer> slow = status(request(http, HttpMethod.GET, "/slow"));
      await().until(() -> arrived.contains("GET"));
      CompletableFuture<Integer> write = status(request(http, HttpMethod.POST, "/api/x"));
      assertThat(write).isNotDone();
      leader = false;
      slowAnswers.countDown();

      assertThat(slow).succeedsWithin(SOON).isEqualTo(200);
      assertThat(write).failsWithin(SOON).withThrowableThat().withMessageContaining(REFUSAL);
      assertThat(status(request(http, HttpMethod.GET, "/api/x"))).succeedsWithin(SOON);
      assertThat(arrived).containsExactly("GET", "GET");
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private Future<HttpClientRequest> request(
      io.vertx.core.http.HttpClient http, HttpMethod method, String path) {
    return http.request(method, server.getAddress().getPort(), "127.0.0.1", path);
  }

  private static CompletableFuture<Integer> status(Future<HttpClientRequest> request) {
    return request
        .compose(HttpClientRequest::send)
        .compose(response -> response.end().map(response.statusCode()))
        .toCompletionStage()
        .toCompletableFuture();
  }

  private CompletableFuture<HttpResponse<byte[]>> send(HttpClient http, String method) {
    boolean body = method.startsWith("P");
    return http.sendAsync(
        http.newHttpRequestBuilder()
            .uri(config().getMasterUrl() + "api/x")
            .method(method, "application/json", body ? "{}" : null)
            .build(),
        byte[].class);
  }

  private Config config() {
    return new ConfigBuilder()
        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort() + "/")
        .withAutoConfigure(false)
        .build();
  }

  private void answer(HttpExchange exchange) throws IOException {
    arrived.add(exchange.getRequestMethod());
    onArrival.run();
    exchange.getRequestBody().readAllBytes();
    if (exchange.getRequestURI().getPath().equals("/slow")) {
      try {
        slowAnswers.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(answer, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }
}
