package io.virtualnode.benchmarks;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;

/**
 * The benchmark's own way to one API server: as little of it as can be, since it shares the cores
 * with what is measured. Thread-safe.
 */
final class ApiAccess {

  private static final int IN_FLIGHT = 48; // below the streams that an API server lets one have
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final String root;
  private final SSLContext tls;
  private final HttpClient client;
  private final Semaphore slots = new Semaphore(IN_FLIGHT);

  ApiAccess(LocalCluster cluster) {
    this.root = cluster.url();
    this.tls = tls(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
    this.client = HttpClient.newBuilder().sslContext(tls).connectTimeout(TIMEOUT).build();
  }

  private static SSLContext tls(Config config) {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(SSLUtils.keyManagers(config), SSLUtils.trustManagers(config), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the certificates of a test cluster cannot be used", e);
    }
  }

  /** Creates a pod; blocks while too many requests are under way. */
  CompletableFuture<Void> createPod(String namespace, String body) {
    return send("POST", "/api/v1/namespaces/%s/pods".formatted(namespace), body);
  }

  /** Deletes a pod with its own grace; blocks while too many requests are under way. */
  CompletableFuture<Void> deletePod(String namespace, String name) {
    return send("DELETE", "/api/v1/namespaces/%s/pods/%s".formatted(namespace, name), "");
  }

  private CompletableFuture<Void> send(String method, String path, String body) {
    slots.acquireUninterruptibly();
    var request =
        HttpRequest.newBuilder(URI.create(root + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .timeout(TIMEOUT)
            .build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .whenComplete((response, failure) -> slots.release())
        .thenAccept(
            response -> {
              if (response.statusCode() >= 300) {
                throw new IllegalStateException(
                    "%s %s: %d %s".formatted(method, path, response.statusCode(), response.body()));
              }
            });
  }

  /** A connection of its own, over which one thread reads. */
  HttpsURLConnection open(String path) throws IOException {
    var connection = (HttpsURLConnection) URI.create(root + path).toURL().openConnection();
    connection.setSSLSocketFactory(tls.getSocketFactory());
    return connection;
  }
}
