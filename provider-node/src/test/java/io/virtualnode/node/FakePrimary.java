package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.virtualnode.api.PodKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A primary in memory and in virtual time: answers after a millisecond, refuses what it is told to
 * refuse, and knows what it was asked.
 */
final class FakePrimary implements PodApi, NodeApi, LeaseApi {

  static final Duration LATENCY = Duration.ofMillis(1);

  private static final KubernetesSerialization JSON = new KubernetesSerialization();

  /** What was asked, as verb and what: {@code PATCH pod}, {@code POST node}. */
  final List<String> requests = new ArrayList<>();

  final List<Event> events = new ArrayList<>();
  final List<PodStatus> statuses = new ArrayList<>();
  final Map<String, Pod> pods = new HashMap<>();
  final Map<String, Node> nodes = new HashMap<>();
  final Map<String, Lease> leases = new HashMap<>();

  Runnable onPatch = () -> {};

  /** What it makes of a pod's status before it stores it. */
  UnaryOperator<PodStatus> onStatus = status -> status;

  private final VirtualTimer timer;
  private final Map<String, Queue<Integer>> refusals = new HashMap<>();
  private long version = 100;

  FakePrimary(VirtualTimer timer) {
    this.timer = timer;
  }

  /** The next requests of this kind are refused with these codes, 0 being no answer at all. */
  void refuse(String request, int... codes) {
    Queue<Integer> queue = refusals.computeIfAbsent(request, any -> new ArrayDeque<>());
    for (int code : codes) {
      queue.add(code);
    }
  }

  long count(String request) {
    return requests.stream().filter(request::equals).count();
  }

  String nextVersion() {
    return String.valueOf(++version);
  }

  /** Stores the pod as a client's write would, and returns it as stored. */
  Pod put(Pod pod) {
    Pod stored =
        new PodBuilder(pod).editMetadata().withResourceVersion(nextVersion()).endMetadata().build();
    pods.put(stored.getMetadata().getUid(), stored);
    return stored;
  }

  /** Stores the Node as a client's write would, and returns it as stored. */
  Node put(Node node) {
    Node stored =
        new NodeBuilder(node)
            .editMetadata()
            .withResourceVersion(nextVersion())
            .endMetadata()
            .build();
    nodes.put(stored.getMetadata().getName(), stored);
    return stored;
  }

  @Override
  public CompletionStage<Optional<Pod>> pod(PodKey key) {
    return answer("GET pod", () -> Optional.ofNullable(pods.get(key.uid())));
  }

  @Override
  public CompletionStage<List<Pod>> podsOn(String nodeName) {
    return answer(
        "LIST pods",
        () ->
            pods.values().stream()
                .filter(pod -> nodeName.equals(pod.getSpec().getNodeName()))
                .toList());
  }

  @Override
  public CompletionStage<Pod> patchStatus(PodKey key, Pod read, PodStatus desired) {
    onPatch.run();
    return answer(
        "PATCH pod",
        () -> {
          Pod stored = found(pods.get(key.uid()));
          same(stored.getMetadata().getResourceVersion(), read.getMetadata().getResourceVersion());
          statuses.add(desired);
          return put(new PodBuilder(stored).withStatus(onStatus.apply(desired)).build());
        });
  }

  @Override
  public CompletionStage<Void> deletePod(PodKey key) {
    return this.<@Nullable Void>answer(
        "DELETE pod",
        () -> {
          found(pods.remove(key.uid()));
          return null;
        });
  }

  @Override
  public CompletionStage<Void> createEvent(Event event) {
    return this.<@Nullable Void>answer(
        "POST event",
        () -> {
          events.add(event);
          return null;
        });
  }

  @Override
  public CompletionStage<Optional<Node>> node(String name) {
    return answer("GET node", () -> Optional.ofNullable(nodes.get(name)));
  }

  @Override
  public CompletionStage<Node> createNode(Node node) {
    return answer(
        "POST node",
        () -> {
          if (nodes.containsKey(node.getMetadata().getName())) {
            throw refusal(PrimaryApi.CONFLICT);
          }
          return put(
              new NodeBuilder(node)
                  .editMetadata()
                  .withUid(UUID.randomUUID().toString())
                  .endMetadata()
                  .build());
        });
  }

  @Override
  public CompletionStage<Void> deleteNode(String name, String uid) {
    return this.<@Nullable Void>answer(
        "DELETE node",
        () -> {
          if (!found(nodes.get(name)).getMetadata().getUid().equals(uid)) {
            throw refusal(PrimaryApi.CONFLICT);
          }
          nodes.remove(name);
          return null;
        });
  }

  @Override
  public CompletionStage<Node> patchNode(String name, Object patch) {
    return answer("PATCH node", () -> patched(name, patch));
  }

  @Override
  public CompletionStage<Node> patchNodeStatus(String name, Object patch) {
    return answer("PATCH node status", () -> patched(name, patch));
  }

  @Override
  public CompletionStage<Lease> createLease(Lease lease) {
    return answer(
        "POST lease",
        () ->
            stored(
                new LeaseBuilder(lease)
                    .editMetadata()
                    .withUid(UUID.randomUUID().toString())
                    .endMetadata()
                    .build()));
  }

  @Override
  public CompletionStage<Lease> patchLease(String name, Object patch) {
    return answer(
        "PATCH lease", () -> stored(merged(found(leases.get(name)), json(patch), Lease.class)));
  }

  private Lease stored(Lease lease) {
    lease.getMetadata().setResourceVersion(Long.toString(++version));
    leases.put(lease.getMetadata().getName(), lease);
    return lease;
  }

  /** Forgets so many of its last writes, as far as versions tell. */
  void goBack(long writes) {
    version -= writes;
  }

  /** Merged as JSON; of the lists only the conditions by their key, the others replaced. */
  @SuppressWarnings("unchecked") // JSON objects have string keys
  private Node patched(String name, Object patch) {
    Node node = found(nodes.get(name));
    Map<String, Object> changes = json(patch);
    Map<String, Object> metadata = (Map<String, Object>) requireNonNull(changes.get("metadata"));
    if (!node.getMetadata().getUid().equals(metadata.remove("uid"))) {
      throw refusal(PrimaryApi.INVALID);
    }
    Object read = metadata.remove("resourceVersion");
    if (read != null) {
      same(node.getMetadata().getResourceVersion(), (String) read);
    }
    return put(merged(node, changes, Node.class));
  }

  private static <T> T merged(T object, Map<String, Object> changes, Class<T> type) {
    Map<String, Object> merged = json(object);
    merge(merged, changes);
    return JSON.convertValue(merged, type);
  }

  @SuppressWarnings("unchecked") // as above
  private static Map<String, Object> json(Object object) {
    return JSON.unmarshal(JSON.asJson(object), Map.class);
  }

  @SuppressWarnings("unchecked") // as above
  private static void merge(Map<String, Object> into, Map<String, Object> changes) {
    changes.forEach(
        (key, value) -> {
          if (value == null) {
            into.remove(key);
          } else if (value instanceof Map<?, ?> map && into.get(key) instanceof Map<?, ?> old) {
            merge((Map<String, Object>) old, (Map<String, Object>) map);
          } else if (key.equals("conditions")) {
            into.put(key, byType((List<Object>) into.get(key), (List<Object>) value));
          } else if (value instanceof List<?> list) {
            into.put(key, list.stream().filter(item -> !isDirective(item)).toList());
          } else {
            into.put(key, value);
          }
        });
  }

  private static List<Object> byType(@Nullable List<Object> before, List<Object> changes) {
    Map<Object, Object> all = new LinkedHashMap<>();
    if (before != null) {
      before.forEach(item -> all.put(type(item), item));
    }
    for (Object item : changes) {
      if (isDirective(item)) {
        all.remove(type(item));
      } else {
        all.put(type(item), item);
      }
    }
    return List.copyOf(all.values());
  }

  private static Object type(Object item) {
    return requireNonNull(((Map<?, ?>) item).get("type"));
  }

  private static boolean isDirective(Object item) {
    return item instanceof Map<?, ?> map && map.containsKey("$patch");
  }

  private <T extends @Nullable Object> CompletionStage<T> answer(
      String request, Supplier<T> carriedOut) {
    requests.add(request);
    CompletableFuture<T> answer = new CompletableFuture<>();
    timer.schedule(
        LATENCY,
        () -> {
          Integer code = refusals.getOrDefault(request, new ArrayDeque<>()).poll();
          try {
            if (code != null) {
              throw refusal(code);
            }
            answer.complete(carriedOut.get());
          } catch (KubernetesClientException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private static <T> T found(@Nullable T object) {
    if (object == null) {
      throw refusal(PrimaryApi.NOT_FOUND);
    }
    return object;
  }

  private static void same(String stored, String read) {
    if (!stored.equals(read)) {
      throw refusal(PrimaryApi.CONFLICT);
    }
  }

  private static KubernetesClientException refusal(int code) {
    return new KubernetesClientException("on purpose: HTTP " + code, code, null);
  }
}
