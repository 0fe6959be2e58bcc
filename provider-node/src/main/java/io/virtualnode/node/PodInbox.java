package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.PodObserver;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node makes of the news about its pods: notes it, tells the observer, hands the keys on.
 *
 * <p>Keys are handed on only after the first list is complete, so that a provider that keeps
 * accounts decides nothing before it has seen every pod. Thread-safe; the observer is called one
 * call at a time.
 */
final class PodInbox {

  private static final Logger log = LoggerFactory.getLogger(PodInbox.class);

  private final Pods pods;
  private final @Nullable PodObserver observer;
  private final Consumer<PodKey> changed;

  /**
   * An inbox that nothing has come into.
   *
   * @param changed is called for each pod that was seen, changed or deleted; must not block
   */
  PodInbox(Pods pods, @Nullable PodObserver observer, Consumer<PodKey> changed) {
    this.pods = pods;
    this.observer = observer;
    this.changed = changed;
  }

  /** The store has taken this pod in; passed over if the store has a newer one, or none, by now. */
  synchronized void seen(Pod pod) {
    if (!pods.store().isCurrent(pod)) {
      return; // that comes next
    }
    PodKey key = PodKey.of(pod);
    pods.observed(pod);
    observe(key, observing -> observing.podObserved(pod));
    if (pods.synced()) {
      changed.accept(key);
    }
  }

  /**
   * The primary no longer has the pod.
   *
   * @param witnessed see {@link PodObserver#podForgotten}
   */
  synchronized void forgotten(PodKey key, boolean witnessed) {
    pods.forgotten(key);
    observe(key, observing -> observing.podForgotten(key, witnessed));
    if (pods.synced()) {
      changed.accept(key);
    }
  }

  /** Every pod of the node has come in at least once; answers how many there are. */
  synchronized int complete() {
    observe(null, PodObserver::podsSynced);
    pods.allSeen();
    pods.states().forEach(state -> changed.accept(state.key()));
    return pods.states().size();
  }

  private void observe(@Nullable PodKey key, Consumer<PodObserver> call) {
    if (observer == null) {
      return;
    }
    try {
      call.accept(observer);
    } catch (Throwable e) { // errors too: the watch must go on
      log.error("The provider's observer failed on {}", key == null ? "the sync" : key, e);
    }
  }
}
