package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.vertx5.Vertx5HttpClient;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The clients, against a real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before all tests
final class ApiClientsIT {

  /** Which column of /proc/net/tcp is the socket's inode. */
  private static final int INODE = 9;

  private static LocalCluster cluster;

  @BeforeAll
  static void startCluster() {
    cluster = LocalCluster.builder("clients").scheduler(false).start();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void requests_go_over_http_2_when_the_server_speaks_it() {
    try (KubernetesClient client = ApiClients.client(config())) {
      var http = ((Vertx5HttpClient<?>) client.getHttpClient()).getHttpClient();

      HttpVersion version =
          http.request(new RequestOptions().setAbsoluteURI(cluster.url() + "/readyz"))
              .compose(request -> request.send())
              .map(response -> response.version())
              .toCompletionStage()
              .toCompletableFuture()
              .join();

      assertThat(version).isEqualTo(HttpVersion.HTTP_2);
    }
  }

  @Test
  void few_connections_are_opened_when_hundreds_of_requests_run_at_once() {
    long before = connections();
    try (KubernetesClient client = ApiClients.client(config())) {
      List<CompletableFuture<Integer>> answers =
          IntStream.range(0, 300)
              .mapToObj(
                  i ->
                      client
                          .getHttpClient()
                          .sendAsync(
                              client
                                  .getHttpClient()
                                  .newHttpRequestBuilder()
                                  .uri(cluster.url() + "/api/v1/namespaces?i=" + i)
                                  .build(),
                              byte[].class)
                          .thenApply(response -> response.code()))
              .toList();

      assertThat(answers).allSatisfy(answer -> assertThat(answer.join()).isEqualTo(200));
      assertThat(connections() - before).isBetween(1L, 4L);
    }
  }

  @Test
  void credentials_and_address_stay_when_a_configuration_is_taken_over() {
    Config given = config();
    try (KubernetesClient client = ApiClients.leaseClient(given, Duration.ofSeconds(4))) {
      assertThat(client.getConfiguration().getMasterUrl()).startsWith(cluster.url());
      assertThat(client.getConfiguration().getFile()).isEqualTo(given.getFile());
      assertThat(client.getConfiguration().getRequestTimeout()).isEqualTo(4000);
      assertThat(client.getConfiguration().getRequestRetryBackoffLimit()).isZero();
      assertThat(given.getRequestTimeout()).isEqualTo(10_000);
      assertThat(client.namespaces().withName("default").get()).isNotNull();
    }
  }

  private static Config config() {
    return Config.fromKubeconfig(cluster.kubeconfig().toFile());
  }

  /** Established connections of this process to the API server's port; others' are there too. */
  private static long connections() {
    String remote = String.format(Locale.ROOT, ":%04X 01 ", URI.create(cluster.url()).getPort());
    Set<String> ours = socketsOfThisProcess();
    return Stream.of("tcp", "tcp6")
        .flatMap(table -> lines(Path.of("/proc/self/net", table)))
        .filter(line -> line.contains(remote))
        .filter(line -> ours.contains("socket:[" + line.strip().split("\\s+", -1)[INODE] + "]"))
        .count();
  }

  private static Set<String> socketsOfThisProcess() {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.map(ApiClientsIT::target).collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }

  private static Stream<String> lines(Path table) {
    try {
      return Files.readAllLines(table).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
