package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pods bound to the node, by UID: as the watch shows them, and as our own writes returned them
 * where the watch has not caught up.
 *
 * <p>A watch lags behind a write by milliseconds, sometimes by seconds. Whoever decided from the
 * lagging copy would write the same thing twice, or be refused for its old resourceVersion; so
 * {@link #newest} answers with the written pod until the watch has shown it or something newer.
 *
 * <p>Field managers are dropped, and what did not change is shared with the copy before: a pod
 * costs its memory once.
 */
final class PodStore implements ItemStore<Pod> {

  private record Held(Pod watched, @Nullable Pod written) {}

  private final ConcurrentHashMap<String, Held> pods = new ConcurrentHashMap<>();

  /** The newest copy of the pod that is known here, or null if the primary has it no more. */
  @Nullable Pod newest(String uid) {
    Held held = pods.get(uid);
    if (held == null) {
      return null;
    }
    return held.written() == null ? held.watched() : held.written();
  }

  /** Whether this is the copy that the watch showed last. */
  @SuppressWarnings("ReferenceEquality") // the very copy is meant
  boolean isCurrent(Pod pod) {
    Held held = pods.get(pod.getMetadata().getUid());
    return held != null && held.watched() == pod;
  }

  /** Keeps a pod that a write or a live read has returned; nothing if the watch saw it deleted. */
  void remember(Pod pod) {
    pods.computeIfPresent(
        pod.getMetadata().getUid(),
        (uid, held) -> {
          Pod newest = held.written() == null ? held.watched() : held.written();
          if (!ResourceVersions.isNewer(pod, newest)) {
            return held;
          }
          trim(pod, newest);
          return new Held(held.watched(), pod);
        });
  }

  @Override
  public String getKey(Pod pod) {
    return pod.getMetadata().getUid();
  }

  @Override
  @SuppressWarnings("NullAway") // the interface knows no nullness; null is "there was none"
  public Pod put(String key, Pod pod) {
    Pod[] before = new Pod[1];
    pods.compute(
        key,
        (uid, held) -> {
          trim(pod, held == null ? null : held.watched());
          if (held == null) {
            return new Held(pod, null);
          }
          before[0] = held.watched();
          Pod written = held.written();
          return new Held(
              pod, written != null && ResourceVersions.isNewer(written, pod) ? written : null);
        });
    return before[0];
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Pod remove(String key) {
    Held held = pods.remove(key);
    return held == null ? null : held.watched();
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Pod get(String key) {
    Held held = pods.get(key);
    return held == null ? null : held.watched();
  }

  @Override
  public Stream<String> keySet() {
    return pods.keySet().stream();
  }

  @Override
  public Stream<Pod> values() {
    return pods.values().stream().map(Held::watched);
  }

  @Override
  public int size() {
    return pods.size();
  }

  private static void trim(Pod pod, @Nullable Pod before) {
    ObjectMeta metadata = pod.getMetadata();
    metadata.setManagedFields(List.of());
    if (before == null) {
      return;
    }
    ObjectMeta old = before.getMetadata();
    if (Objects.equals(metadata.getLabels(), old.getLabels())) {
      metadata.setLabels(old.getLabels());
    }
    if (Objects.equals(metadata.getAnnotations(), old.getAnnotations())) {
      metadata.setAnnotations(old.getAnnotations());
    }
    if (Objects.equals(metadata.getOwnerReferences(), old.getOwnerReferences())) {
      metadata.setOwnerReferences(old.getOwnerReferences());
    }
    if (Objects.equals(pod.getSpec(), before.getSpec())) {
      pod.setSpec(before.getSpec());
    }
  }
}
