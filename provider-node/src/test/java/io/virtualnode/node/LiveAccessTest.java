package io.virtualnode.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Clients whose credentials change, against a server that notes what it is sent. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before each test
final class LiveAccessTest {

  @TempDir private Path folder;
  private final List<String> sent = new CopyOnWriteArrayList<>();
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(LiveAccess.class);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile Predicate<String> right = authorization -> true;
  private HttpServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    logged.start();
    logger.addAppender(logged);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          String header = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
          sent.add(header);
          exchange.sendResponseHeaders(right.test(header) ? 200 : 401, 2);
          exchange.getResponseBody().write("{}".getBytes(UTF_8));
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    if (client != null) {
      client.close();
    }
    server.stop(0);
    threads.shutdownNow();
    logger.detachAppender(logged);
  }

  @Test
  void token_of_a_file_is_the_newest_though_no_request_was_refused() throws IOException {
    mount("one", "first");
    open("tokenFile: token");
    assertThat(ask()).isEqualTo(200);
    mount("two", "second");

    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> ask() == 200 && last().equals("Bearer second"));
  }

  @Test
  void refused_token_is_looked_up_and_the_request_sent_again() throws IOException {
    write("token", "first");
    open("tokenFile: token");
    assertThat(ask()).isEqualTo(200);
    right = "Bearer second"::equals;
    write("token", "second");

    assertThat(ask()).isEqualTo(200);
    assertThat(sent).endsWith("Bearer first", "Bearer second");
  }

  @Test
  void request_is_not_sent_again_while_there_is_no_other_credential() throws IOException {
    write("token", "first");
    open("tokenFile: token");
    right = authorization -> false;

    assertThat(ask()).isEqualTo(401);
    assertThat(sent).containsExactly("Bearer first");
  }

  @Test
  void file_that_cannot_be_read_changes_nothing() throws IOException {
    write("token", "first");
    open("tokenFile: token");
    Files.delete(folder.resolve("token"));

    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> log().contains("credentials stay as they are"));
    assertThat(ask()).isEqualTo(200);
    assertThat(last()).isEqualTo("Bearer first");
    await().pollDelay(LiveAccess.LOOK.multipliedBy(2)).until(() -> true); // more looks
    assertThat(log()).containsOnlyOnce("credentials stay as they are");
  }

  @Test
  void credentials_for_another_place_are_not_sent_to_this_one() throws IOException {
    open("token: here");
    write("config", ApiAccessTest.text("http://127.0.0.1:1", "", "token: there"));
    right = "Bearer there"::equals;

    assertThat(ask()).isEqualTo(401);
    await().during(Duration.ofMillis(1500)).atMost(Duration.ofSeconds(5)).until(() -> ask() == 401);
    assertThat(sent).containsOnly("Bearer here");
  }

  @Test
  void token_is_followed_though_the_authorities_are_others() throws IOException {
    open("token: first");
    String ca = "certificate-authority-data: " + Base64.getEncoder().encodeToString(new byte[9]);
    write("config", ApiAccessTest.text(url(), ca, "token: second"));

    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> ask() == 200 && last().equals("Bearer second"));
  }

  @Test
  void first_request_waits_for_the_plugin_and_no_other_does() throws IOException {
    right = "Bearer given"::equals;
    open(plugin("sleep 2; " + give("given", Instant.now().plusSeconds(3600))));
    CompletableFuture<Integer> waiting = send(client);
    try (KubernetesClient other = ApiClients.client(fixed("given"))) {
      long start = System.nanoTime();
      List<CompletableFuture<Integer>> others =
          IntStream.range(0, 200).mapToObj(i -> send(other)).toList();
      others.forEach(answer -> assertThat(answer.join()).isEqualTo(200));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1500));
    }
    assertThat(waiting).isNotDone();
    assertThat(waiting.join()).isEqualTo(200);
  }

  @Test
  void credential_of_a_plugin_is_another_before_it_expires() throws IOException {
    open(
        plugin(
            "echo x >> asked; n=$(wc -l < asked); "
                + "end=$(date -u -d '+3 seconds' +%Y-%m-%dT%H:%M:%SZ); "
                + give("given-$n", "$end")));
    right = authorization -> authorization.startsWith("Bearer given");

    await().until(() -> ask() == 200);
    sent.clear();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> ask() == 200 && last().equals("Bearer given-3"));
    assertThat(sent).contains("Bearer given-1", "Bearer given-2").doesNotContain("Bearer none");
  }

  @Test
  void plugin_is_asked_again_when_its_credential_is_refused() throws IOException {
    open(plugin("echo x >> asked; n=$(wc -l < asked); " + give("given-$n")));
    assertThat(ask()).isEqualTo(200);
    await().until(() -> last().equals("Bearer given-1") || ask() == 0);
    right = "Bearer given-2"::equals;

    await().atMost(Duration.ofSeconds(3)).until(() -> ask() == 200);
    assertThat(last()).isEqualTo("Bearer given-2");
  }

  @Test
  void failing_plugin_is_told_of_and_the_old_credential_used_on() throws IOException {
    open(plugin(give("given", Instant.now().plusSeconds(2))));
    right = "Bearer given"::equals;
    await().until(() -> ask() == 200);
    plugin("echo x >> asked; echo no luck >&2; exit 1");

    await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(folder.resolve("asked")));
    await().until(() -> log().contains("exited with 1: no luck"));
    await().during(Duration.ofSeconds(4)).atMost(Duration.ofSeconds(9)).until(() -> ask() == 200);
    assertThat(Files.readAllLines(folder.resolve("asked"))).hasSizeBetween(2, 4);
    plugin(give("again"));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> ask() == 401 && last().equals("Bearer again"));
  }

  @Test
  void token_in_the_place_of_a_plugin_and_a_plugin_in_the_place_of_a_token_are_used()
      throws IOException {
    open(plugin(give("given", Instant.now().plusSeconds(2))));
    await().until(() -> ask() == 200 && last().equals("Bearer given"));
    write("config", ApiAccessTest.text(url(), "", "token: fixed"));
    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> ask() == 200 && last().equals("Bearer fixed"));
    sent.clear();
    await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(9)).until(() -> ask() == 200);
    assertThat(sent).containsOnly("Bearer fixed");
    write("config", ApiAccessTest.text(url(), "", plugin(give("again"))));
    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> ask() == 200 && last().equals("Bearer again"));
  }

  @Test
  void nothing_is_followed_when_the_last_client_is_closed() throws IOException {
    open(plugin("echo x >> asked; " + give("given", Instant.now().plusSeconds(1))));
    await().until(() -> ask() == 200);
    try (KubernetesClient beside = ApiClients.leaseClient(client, Duration.ofSeconds(4))) {
      client.close();
      long before = asked();
      await().atMost(Duration.ofSeconds(10)).until(() -> asked() > before);
      assertThat(send(beside).join()).isEqualTo(200);
    }
    await().pollDelay(Duration.ofSeconds(1)).until(() -> true); // one may be under way
    long after = asked();
    await()
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(9))
        .until(() -> asked() == after);
  }

  @Test
  void plugin_that_is_no_help_is_asked_ever_more_slowly() {
    assertThat(IntStream.of(0, 1, 2, 3, 6, 7, 100).mapToObj(LiveAccess::pause))
        .extracting(Duration::toSeconds)
        .containsExactly(1L, 1L, 2L, 4L, 32L, 60L, 60L);
  }

  private void open(String user) throws IOException {
    write("config", ApiAccessTest.text(url(), "", user));
    client =
        ApiClients.client(
            ApiAccess.ofKubeconfig(folder.resolve("config"), Optional.empty()).config());
  }

  private io.fabric8.kubernetes.client.Config fixed(String token) throws IOException {
    write("fixed", ApiAccessTest.text(url(), "", "token: " + token));
    return ApiAccess.ofKubeconfig(folder.resolve("fixed"), Optional.empty()).fixedConfig();
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private String plugin(String script) {
    CredentialPluginTest.write(folder.resolve("plugin"), "cd " + folder + "\n" + script);
    return "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}";
  }

  private static String give(String token) {
    return giving("\\\"token\\\": \\\"" + token + "\\\"");
  }

  private static String give(String token, Instant expires) {
    return give(token, expires.toString());
  }

  private static String give(String token, String expires) {
    return giving(
        "\\\"token\\\": \\\"%s\\\", \\\"expirationTimestamp\\\": \\\"%s\\\""
            .formatted(token, expires));
  }

  private static String giving(String status) {
    return "echo \"{\\\"kind\\\": \\\"ExecCredential\\\", "
        + "\\\"apiVersion\\\": \\\"client.authentication.k8s.io/v1\\\", "
        + "\\\"status\\\": {"
        + status
        + "}}\"";
  }

  private int ask() {
    return send(client).join();
  }

  private static CompletableFuture<Integer> send(KubernetesClient client) {
    var http = client.getHttpClient();
    return http.sendAsync(
            http.newHttpRequestBuilder()
                .uri(client.getConfiguration().getMasterUrl() + "version")
                .timeout(20, TimeUnit.SECONDS)
                .build(),
            byte[].class)
        .thenApply(response -> response.code());
  }

  private String last() {
    return sent.get(sent.size() - 1);
  }

  private String log() {
    return String.join(
        "\n", List.copyOf(logged.list).stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  private long asked() throws IOException {
    return Files.readAllLines(folder.resolve("asked")).size();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  /**
   * As a kubelet projects tokens: token → ..data/token, ..data → a dated folder that is swapped.
   */
  private void mount(String version, String token) throws IOException {
    Files.writeString(
        Files.createDirectory(folder.resolve(".." + version)).resolve("token"), token);
    Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of(".." + version));
    Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    if (!Files.exists(folder.resolve("token"))) {
      Files.createSymbolicLink(folder.resolve("token"), Path.of("..data/token"));
    }
  }
}
