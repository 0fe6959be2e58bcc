package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.List;

/** The phases that a watcher of a namespace sees, repetitions left out. */
final class PhaseLog implements AutoCloseable {

  // guarded by this
  private final List<String> phases = new ArrayList<>();
  private final Watch watch;

  PhaseLog(KubernetesClient client, String namespace) {
    watch =
        client
            .pods()
            .inNamespace(namespace)
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, Pod pod) {
                    seen(pod.getStatus().getPhase());
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                });
  }

  synchronized List<String> phases() {
    return List.copyOf(phases);
  }

  private synchronized void seen(String phase) {
    if (phases.isEmpty() || !phases.get(phases.size() - 1).equals(phase)) {
      phases.add(phase);
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}
