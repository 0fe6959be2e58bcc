package io.virtualnode.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.node.ApiClients;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A member's API server as far as it answers requests about single pods; lists and watches are
 * never answered. Answers as it is told to, which a real one cannot be made to.
 */
final class MemberStub implements AutoCloseable {

  static final String UID = "cluster-a";

  /** A request about a pod. */
  record Request(String method, String path, String body) {}

  /** What is answered. */
  record Answer(int code, String body) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>(); // by method

  MemberStub() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** How it answers each request of that method about a pod from now on. */
  void answers(String method, int code, String body) {
    answers.put(method, new Answer(code, body));
  }

  /** A pod as an answer to GET. */
  static String pod(String uid, String version, String more) {
    return """
        {"apiVersion":"v1","kind":"Pod",
         "metadata":{"name":"job-1","namespace":"grid","uid":"%s","resourceVersion":"%s",
           "labels":{"virtualnode.io/primary":"primary-uid","virtualnode.io/node":"vnode",
             "virtualnode.io/proxy-uid":"uid-1"},
           "annotations":{"virtualnode.io/proxy":"grid/job"}},
         "spec":{"containers":[]%s},"status":{"phase":"Pending"}}
        """
        .formatted(uid, version, more);
  }

  /** The requests about pods so far of that method. */
  List<Request> requests(String method) {
    return requests.stream().filter(request -> request.method().equals(method)).toList();
  }

  KubernetesClient client() {
    return ApiClients.client(
        new ConfigBuilder()
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .build());
  }

  private void handle(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    var method = exchange.getRequestMethod();
    var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    if (path.matches("/api/v1/namespaces/[^/]+/pods(/[^/]+)?") && !isList(exchange)) {
      requests.add(new Request(method, path, body));
      var answer = answers.getOrDefault(method, new Answer(404, status("not found")));
      send(exchange, answer);
    } else if (path.startsWith("/api/v1/namespaces/")) {
      var name = path.substring(path.lastIndexOf('/') + 1);
      var uid = name.equals("kube-system") ? UID : "namespace-" + name;
      send(
          exchange,
          new Answer(
              200,
              """
              {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"%s","uid":"%s"}}
              """
                  .formatted(name, uid)));
    } // else it is a list for a watch: it is never answered
  }

  private static boolean isList(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("GET")
        && exchange.getRequestURI().getPath().endsWith("/pods");
  }

  /** A refusal in words. */
  static String status(String message) {
    return "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"%s\"}"
        .formatted(message);
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    try (exchange) {
      var bytes = answer.body().getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer.code(), bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  /** The paths that were asked for by that method. */
  List<String> paths(String method) {
    return new ArrayList<>(requests(method).stream().map(Request::path).toList());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
