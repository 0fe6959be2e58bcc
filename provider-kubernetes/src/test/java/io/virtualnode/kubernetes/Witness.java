package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Sees every state that a cluster's pods ever show, by a watch of its own. A watch leaves nothing
 * out, so what was not seen here never was.
 */
final class Witness implements AutoCloseable {

  private final Map<String, List<Pod>> states = new ConcurrentHashMap<>();
  private final List<WatcherException> faults = new CopyOnWriteArrayList<>();
  private final List<String> deleted = new CopyOnWriteArrayList<>();
  private final Watch watch;

  /** Begins to watch the pods of all namespaces. */
  Witness(KubernetesClient cluster) {
    this.watch =
        cluster
            .pods()
            .inAnyNamespace()
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, Pod pod) {
                    var uid = pod.getMetadata().getUid();
                    states.computeIfAbsent(uid, u -> new CopyOnWriteArrayList<>()).add(pod);
                    if (action == Action.DELETED) {
                      deleted.add(uid);
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {
                    faults.add(cause);
                  }
                });
  }

  /** Each pod that was there, with its states in order. */
  List<List<Pod>> histories() {
    if (!faults.isEmpty()) {
      throw new AssertionError("the witness was blinded", faults.get(0));
    }
    return new ArrayList<>(states.values());
  }

  /** Those of which a container ever started: a delegate that was never started is no run. */
  List<List<Pod>> runs() {
    return histories().stream()
        .filter(
            history ->
                history.stream().anyMatch(state -> !"Pending".equals(state.getStatus().getPhase())))
        .toList();
  }

  /** The states of one pod, in order. */
  List<Pod> history(String uid) {
    return states.getOrDefault(uid, List.of());
  }

  /** How many pods have gone. */
  int deletions() {
    return deleted.size();
  }

  @Override
  public void close() {
    watch.close();
  }
}
