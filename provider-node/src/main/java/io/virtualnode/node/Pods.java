package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of the node's pods: the {@link PodStore} and a {@link PodState} for each pod
 * that the primary has, or whose end at the provider is still awaited.
 */
final class Pods {

  private final PodStore store = new PodStore();
  private final ConcurrentHashMap<PodKey, PodState> states = new ConcurrentHashMap<>();
  private volatile boolean synced;

  PodStore store() {
    return store;
  }

  /** Whether every pod of the node has been seen. */
  boolean synced() {
    return synced;
  }

  /** The state of a pod that the watch has shown. */
  PodState observed(Pod pod) {
    PodState state = states.computeIfAbsent(PodKey.of(pod), PodState::new);
    state.observed(pod);
    return state;
  }

  @Nullable PodState state(PodKey key) {
    return states.get(key);
  }

  /**
   * The state of a pod that the provider speaks of; null if the primary has no such pod. Before all
   * pods have been seen, one that was not may still come, and what is said of it is kept.
   */
  @Nullable PodState mentioned(PodKey key) {
    return synced ? states.get(key) : states.computeIfAbsent(key, PodState::new);
  }

  Collection<PodState> states() {
    return states.values();
  }

  /** After the first complete list: what was spoken of and not seen does not exist. */
  void allSeen() {
    synced = true;
    states.keySet().removeIf(key -> store.newest(key.uid()) == null);
  }

  void forget(PodKey key) {
    states.remove(key);
  }
}
