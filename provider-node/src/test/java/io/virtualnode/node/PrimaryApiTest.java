package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.PodKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Against a server that answers as no real one can be made to. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PrimaryApiTest {

  private final VirtualTimer timer = new VirtualTimer();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final KubernetesClient client;
  private final PrimaryApi api;
  private final CountDownLatch open = new CountDownLatch(1);
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();

  PrimaryApiTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    client =
        ApiClients.client(
            new ConfigBuilder()
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .withAutoConfigure(false)
                .build());
    api = new PrimaryApi(client, threads, timer);
  }

  @AfterEach
  void close() {
    open.countDown();
    client.close();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void requests_about_pods_are_bounded_and_those_about_nodes_do_not_wait_behind_them() {
    List<CompletableFuture<Optional<Pod>>> answers = new ArrayList<>();
    for (int i = 0; i < 3 * PrimaryApi.POD_REQUESTS; i++) {
      answers.add(api.pod(new PodKey("ns", "slow-" + i, "u")));
    }
    CompletableFuture<Optional<Node>> node = api.node("v");

    assertThat(node).succeedsWithin(Duration.ofSeconds(8));
    await().until(() -> inFlight.get() == PrimaryApi.POD_REQUESTS);
    open.countDown();
    assertThat(CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0])))
        .succeedsWithin(Duration.ofSeconds(20));
    assertThat(requests.get()).isEqualTo(3 * PrimaryApi.POD_REQUESTS + 1);
  }

  @Test
  void request_that_was_turned_away_is_made_again_after_the_time_the_server_asks_for() {
    open.countDown();
    refusals.set(2);
    CompletableFuture<Optional<Node>> node = api.node("v");
    await().until(() -> requests.get() == 1 && timer.scheduled() == 1);
    timer.pass(Duration.ofMillis(2999));
    assertThat(timer.scheduled()).isEqualTo(1);
    timer.pass(Duration.ofMillis(1));
    await().until(() -> requests.get() == 2 && timer.scheduled() == 1);
    timer.pass(Duration.ofSeconds(3));
    assertThat(node).succeedsWithin(Duration.ofSeconds(8));
    assertThat(requests.get()).isEqualTo(3);
  }

  @Test
  void server_that_goes_on_turning_away_is_believed_in_the_end() {
    open.countDown();
    refusals.set(100);
    CompletableFuture<Optional<Node>> node = api.node("v");
    for (int i = 1; i < 4; i++) {
      await().until(() -> timer.scheduled() == 1);
      timer.pass(Duration.ofSeconds(3));
    }
    assertThat(node)
        .failsWithin(Duration.ofSeconds(8))
        .withThrowableThat()
        .satisfies(e -> assertThat(PrimaryApi.code(requireNonNull(e.getCause()))).isEqualTo(429));
    assertThat(requests.get()).isEqualTo(4);
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    boolean slow = exchange.getRequestURI().getPath().contains("slow");
    if (slow) {
      inFlight.incrementAndGet();
      try {
        open.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      inFlight.decrementAndGet();
    }
    boolean refused = refusals.getAndDecrement() > 0;
    if (refused) {
      exchange.getResponseHeaders().add("Retry-After", "3");
    }
    byte[] body = "{\"metadata\":{\"name\":\"v\",\"uid\":\"u\"}}".getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(refused ? 429 : 200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
