package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.node.JsonHttp.Call;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Requests about the Leases of one namespace, each made once. Errors as {@link JsonHttp}'s.
 * Thread-safe.
 */
final class LeaseRequests implements AutoCloseable {

  private static final String JSON = "application/json";

  private final KubernetesClient client;
  private final JsonHttp http;
  private final String collection;

  /**
   * None yet.
   *
   * @param client of its own, with a time-out, which is closed with this
   */
  LeaseRequests(KubernetesClient client, String namespace, Executor executor, Timer timer) {
    this.client = client;
    this.http = new JsonHttp(client, executor, timer, 1);
    this.collection = "apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases";
  }

  CompletableFuture<Lease> get(String name) {
    return http.send(Call.get(path(name)), Lease.class);
  }

  /** Those with that label. */
  CompletableFuture<LeaseList> withLabel(String label, String value) {
    return http.send(
        Call.get(collection + "?labelSelector=" + label + "%3D" + value), LeaseList.class);
  }

  CompletableFuture<Lease> create(
      String name, Map<String, String> labels, Map<String, Object> spec) {
    return write(
        "POST",
        collection,
        JSON,
        Map.of(
            "apiVersion",
            "coordination.k8s.io/v1",
            "kind",
            "Lease",
            "metadata",
            Map.of("name", name, "labels", labels),
            "spec",
            spec));
  }

  /**
   * Merges that into what is there: fields of others stay.
   *
   * @param metadata such as the resourceVersion on condition of which it is done
   */
  CompletableFuture<Lease> patch(
      String name, Map<String, Object> metadata, Map<String, Object> spec) {
    return write(
        "PATCH",
        path(name),
        "application/merge-patch+json",
        Map.of("metadata", metadata, "spec", spec));
  }

  /** Whatever it says. */
  CompletableFuture<Void> delete(String name) {
    return http.send(new Call("DELETE", path(name), null, null), Void.class);
  }

  /** If it is still as it was at that resourceVersion. */
  CompletableFuture<Void> delete(String name, String version) {
    Map<String, Object> options =
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "DeleteOptions",
            "preconditions",
            Map.of("resourceVersion", version));
    return http.send(call("DELETE", path(name), JSON, options), Void.class);
  }

  private CompletableFuture<Lease> write(
      String method, String path, String contentType, Map<String, Object> body) {
    return http.send(call(method, path, contentType, body), Lease.class);
  }

  private Call call(String method, String path, String contentType, Map<String, Object> body) {
    return new Call(method, path, contentType, http.serialization().asJson(body));
  }

  private String path(String name) {
    return collection + "/" + name;
  }

  @Override
  public void close() {
    client.close();
  }
}
