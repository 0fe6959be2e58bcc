package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The body of a JSON merge patch (RFC 7386) that turns one pod status into another.
 *
 * <p>Only the fields of the status that differ are in it. UID and resourceVersion make the API
 * server refuse it with 409 if the pod is another one, or has changed since it was read.
 */
final class StatusPatch {

  private StatusPatch() {}

  static String of(Pod read, PodStatus desired, KubernetesSerialization serialization) {
    Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
    metadata.put("uid", read.getMetadata().getUid());
    metadata.put("resourceVersion", read.getMetadata().getResourceVersion());
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("metadata", metadata);
    body.put("status", changes(read.getStatus(), desired, serialization));
    return serialization.asJson(body);
  }

  private static Map<String, @Nullable Object> changes(
      @Nullable PodStatus stored, PodStatus desired, KubernetesSerialization serialization) {
    Map<String, Object> before = fields(stored, serialization);
    Map<String, Object> after = fields(desired, serialization);
    Map<String, @Nullable Object> changes = new LinkedHashMap<>();
    after.forEach(
        (field, value) -> {
          if (!Objects.equals(value, before.get(field))) {
            changes.put(field, value);
          }
        });
    for (String field : before.keySet()) {
      if (!after.containsKey(field)) {
        changes.put(field, null);
      }
    }
    return changes;
  }

  @SuppressWarnings("unchecked") // a JSON object has string keys
  private static Map<String, Object> fields(
      @Nullable PodStatus status, KubernetesSerialization serialization) {
    return status == null ? Map.of() : serialization.convertValue(status, Map.class);
  }
}
