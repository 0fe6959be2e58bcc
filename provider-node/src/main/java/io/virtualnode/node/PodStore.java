package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pods bound to our nodes, by UID: as the watch shows them, and as our own writes returned them
 * where the watch has not caught up. Pods of other nodes pass by and leave nothing.
 *
 * <p>A watch lags behind a write by milliseconds, sometimes by seconds. Whoever decided from the
 * lagging copy would write the same thing twice, or be refused for its old resourceVersion; so
 * {@link #newest} answers with the written pod until the watch has shown it or something newer.
 *
 * <p>The pods of a node that joins while the watch runs come from a list of their own ({@link
 * #join}), beside the watch: what the watch has to say that is older is passed over, and what it
 * saw deleted meanwhile does not come back.
 *
 * <p>Field managers are dropped, and what did not change is shared with the copy before: a pod
 * costs its memory once.
 */
final class PodStore implements ItemStore<Pod> {

  /**
   * One pod.
   *
   * @param listed whether {@code watched} is from a list beside the watch
   */
  private record Held(Pod watched, @Nullable Pod written, boolean listed) {

    Pod newest() {
      return written == null ? watched : written;
    }
  }

  private final Predicate<String> isOurs;
  private final ConcurrentHashMap<String, Held> pods = new ConcurrentHashMap<>();

  /** By name of the joining node, the UIDs that the watch saw deleted since. */
  private final Map<String, Set<String>> deleted = new ConcurrentHashMap<>();

  /**
   * An empty store.
   *
   * @param isOurs whether the node of this name is one of those whose pods are kept
   */
  PodStore(Predicate<String> isOurs) {
    this.isOurs = isOurs;
  }

  /** The newest copy of the pod that is known here, or null if the primary has it no more. */
  @Nullable Pod newest(String uid) {
    Held held = pods.get(uid);
    return held == null ? null : held.newest();
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
          Pod newest = held.newest();
          if (!ResourceVersions.isNewer(pod, newest)) {
            return held;
          }
          trim(pod, newest);
          return new Held(held.watched(), pod, held.listed());
        });
  }

  /** From now on deletions of this node's pods are noted, until it has {@link #joined}. */
  void join(String nodeName) {
    deleted.put(nodeName, ConcurrentHashMap.newKeySet());
  }

  /**
   * Takes in a pod of a list beside the watch.
   *
   * @return the copy that is kept, this one or what the watch has shown; null if that saw it
   *     deleted
   */
  @Nullable Pod takeIn(Pod pod) {
    String uid = pod.getMetadata().getUid();
    Set<String> gone = deleted.getOrDefault(pod.getSpec().getNodeName(), Set.of());
    Held kept =
        pods.compute(
            uid,
            (key, held) -> {
              if (held != null || gone.contains(key)) {
                return held;
              }
              trim(pod, null);
              return new Held(pod, null, true);
            });
    return kept == null ? null : kept.watched();
  }

  /** The list of the node's pods has been taken in. */
  void joined(String nodeName) {
    deleted.remove(nodeName);
  }

  /** Forgets all pods of a node that is no longer ours. */
  void leave(String nodeName) {
    deleted.remove(nodeName);
    pods.values().removeIf(held -> nodeName.equals(held.watched().getSpec().getNodeName()));
  }

  @Override
  public String getKey(Pod pod) {
    return pod.getMetadata().getUid();
  }

  @Override
  @SuppressWarnings("NullAway") // the interface knows no nullness; null is "there was none"
  public Pod put(String key, Pod pod) {
    if (!isOurs.test(pod.getSpec().getNodeName())) {
      return null;
    }
    Pod[] before = new Pod[1];
    pods.compute(
        key,
        (uid, held) -> {
          if (held == null) {
            trim(pod, null);
            return new Held(pod, null, false);
          }
          before[0] = held.watched();
          if (held.listed() && ResourceVersions.isNewer(held.watched(), pod)) {
            return held;
          }
          trim(pod, held.watched());
          Pod written = held.written();
          boolean ahead = written != null && ResourceVersions.isNewer(written, pod);
          return new Held(pod, ahead ? written : null, false);
        });
    return before[0];
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public Pod remove(String key) {
    Pod[] before = new Pod[1];
    pods.compute(
        key,
        (uid, held) -> {
          deleted.values().forEach(uids -> uids.add(uid));
          before[0] = held == null ? null : held.watched();
          return null;
        });
    return before[0];
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
