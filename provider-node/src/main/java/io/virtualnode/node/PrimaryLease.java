package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.node.JsonHttp.Call;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The Lease in the primary itself.
 *
 * <p>It is changed by a merge patch that names the resourceVersion it is meant for, so that fields
 * of others stay and the rights needed are get, create and patch.
 */
final class PrimaryLease implements LeaseStore {

  private final KubernetesClient client;
  private final JsonHttp http;
  private final String collection;
  private final String name;

  /**
   * That Lease.
   *
   * @param client of its own, with a time-out, which is closed with this
   */
  PrimaryLease(
      KubernetesClient client, String namespace, String name, Executor executor, Timer timer) {
    this.client = client;
    this.http = new JsonHttp(client, executor, timer, 1);
    this.collection = "apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases";
    this.name = name;
  }

  @Override
  public CompletionStage<Optional<LeaseRecord>> read() {
    return PrimaryApi.optional(http.send(Call.get(path()), Lease.class))
        .thenApply(lease -> lease.map(LeaseRecord::of));
  }

  @Override
  public CompletionStage<LeaseRecord> create(LeaseClaim claim) {
    Map<String, Object> lease =
        Map.of(
            "apiVersion",
            "coordination.k8s.io/v1",
            "kind",
            "Lease",
            "metadata",
            Map.of("name", name),
            "spec",
            claim.spec());
    return write("POST", collection, "application/json", lease);
  }

  @Override
  public CompletionStage<LeaseRecord> replace(String version, LeaseClaim claim) {
    Map<String, Object> patch =
        Map.of("metadata", Map.of("resourceVersion", version), "spec", claim.spec());
    return write("PATCH", path(), "application/merge-patch+json", patch);
  }

  @Override
  public void close() {
    client.close();
  }

  private CompletionStage<LeaseRecord> write(
      String method, String path, String contentType, Map<String, Object> body) {
    Call call = new Call(method, path, contentType, http.serialization().asJson(body));
    return http.send(call, Lease.class).thenApply(LeaseRecord::of);
  }

  private String path() {
    return collection + "/" + name;
  }
}
