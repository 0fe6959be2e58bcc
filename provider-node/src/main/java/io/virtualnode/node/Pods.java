package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of the node's pods: the {@link PodStore} and a {@link PodState} for each pod
 * that the primary has, or whose end at the provider is still awaited.
 */
final class Pods {

  private final PodStore store;
  private final ConcurrentHashMap<PodKey, PodState> states = new ConcurrentHashMap<>();
  private final Set<String> ownConditions;
  private volatile boolean synced;

  /**
   * Of a node whose pods are not known yet.
   *
   * @param store of the pods of all our nodes
   * @param ownConditions the condition types that the provider declares its own
   */
  Pods(PodStore store, Set<String> ownConditions) {
    this.store = store;
    this.ownConditions = ownConditions;
  }

  PodStore store() {
    return store;
  }

  /** Whether the provider may take back conditions of this type, and so may not record one. */
  boolean isTakenBack(String type) {
    return ownConditions.contains(type);
  }

  /** Whether every pod of the node has been seen. */
  boolean synced() {
    return synced;
  }

  /** The primary has the pod. */
  void observed(Pod pod) {
    states.computeIfAbsent(PodKey.of(pod), this::create).observed(pod);
  }

  /** The primary no longer has the pod. */
  void forgotten(PodKey key) {
    PodState state = states.get(key);
    if (state != null) {
      state.forgotten();
    }
  }

  @Nullable PodState state(PodKey key) {
    return states.get(key);
  }

  /**
   * The state of a pod that the provider speaks of; null if the primary has no such pod. Before all
   * pods have been seen, one that was not may still come, and what is said of it is kept.
   */
  @Nullable PodState mentioned(PodKey key) {
    return synced ? states.get(key) : states.computeIfAbsent(key, this::create);
  }

  Collection<PodState> states() {
    return states.values();
  }

  /** After the first complete list: what was spoken of and never seen does not exist. */
  void allSeen() {
    synced = true;
    states.values().removeIf(state -> !state.wasObserved());
  }

  /** Neither the primary nor the provider has it. */
  void drop(PodKey key) {
    states.remove(key);
  }

  private PodState create(PodKey key) {
    return new PodState(key, ownConditions);
  }
}
