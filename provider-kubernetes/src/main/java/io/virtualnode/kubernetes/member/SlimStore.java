package io.virtualnode.kubernetes.member;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store that keeps only what is needed of each object, by UID.
 *
 * <p>A whole pod takes about 20 KB of heap; an account of a large cluster has no use for them.
 * Keyed by UID, an object deleted and created again under its name between two lists is two
 * objects.
 */
public final class SlimStore<T extends HasMetadata> implements ItemStore<T> {

  private final ConcurrentMap<String, T> items = new ConcurrentHashMap<>();
  private final UnaryOperator<T> slim;

  /**
   * An empty store.
   *
   * @param slim makes of an object what is kept of it; must keep UID and resourceVersion
   */
  public SlimStore(UnaryOperator<T> slim) {
    this.slim = slim;
  }

  /** A store that keeps of nodes only which they are. */
  public static SlimStore<Node> ofNodes() {
    return new SlimStore<>(
        node ->
            new NodeBuilder()
                .withNewMetadata()
                .withName(node.getMetadata().getName())
                .withUid(node.getMetadata().getUid())
                .withResourceVersion(node.getMetadata().getResourceVersion())
                .endMetadata()
                .build());
  }

  @Override
  public String getKey(T object) {
    return object.getMetadata().getUid();
  }

  @Override
  public @Nullable T put(String key, T object) {
    return items.put(key, slim.apply(object));
  }

  @Override
  public @Nullable T remove(String key) {
    return items.remove(key);
  }

  @Override
  public Stream<String> keySet() {
    return items.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return items.values().stream();
  }

  @Override
  public int size() {
    return items.size();
  }

  @Override
  public @Nullable T get(String key) {
    return items.get(key);
  }

  /** Not what the API server has: an event must carry the object itself, also in the first list. */
  @Override
  public boolean isFullState() {
    return false;
  }
}
