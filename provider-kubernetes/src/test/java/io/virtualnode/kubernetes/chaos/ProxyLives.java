package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.testkit.Simulation;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the primary has ever shown of each proxy, and what we ourselves have done to it. Names are
 * not used twice. Thread-safe.
 */
final class ProxyLives {

  /**
   * One proxy.
   *
   * @param told the exit code that its simulation was told
   * @param status the last that the primary has shown
   * @param present whether the primary has it now
   * @param deleted whether we were about to delete it, before or after its end
   * @param disturbed whether we were about to delete it before its end, or its delegate at any time
   */
  record Life(
      String name,
      String uid,
      int told,
      @Nullable PodStatus status,
      boolean present,
      boolean deleted,
      boolean disturbed) {

    Optional<End> end() {
      return End.of(status);
    }

    /** Whether it has shown that something of it runs, or ran. */
    boolean hasRun() {
      return status != null && status.getStartTime() != null;
    }

    @Override
    public String toString() {
      var shown = status == null ? "no status" : status.getPhase() + " " + status.getReason();
      return name + " (" + uid + "), " + shown;
    }
  }

  private final Map<String, Life> lives = new HashMap<>(); // by name; guarded by this
  private final Set<String> deleted = new HashSet<>(); // names; guarded by this
  private final Set<String> disturbed = new HashSet<>(); // names; guarded by this

  synchronized void seen(Pod pod) {
    put(pod, true);
  }

  /** The primary no longer has the pod, of which this was the last state. */
  synchronized void gone(Pod last) {
    put(last, false);
  }

  private void put(Pod pod, boolean present) {
    var name = pod.getMetadata().getName();
    var code = pod.getMetadata().getAnnotations().getOrDefault(Simulation.EXIT_CODE, "0");
    var life =
        new Life(
            name,
            pod.getMetadata().getUid(),
            Integer.parseInt(code),
            pod.getStatus(),
            present,
            deleted.contains(name),
            disturbed.contains(name));
    lives.put(name, life);
  }

  /** We are about to delete the proxy, if it is not gone already. */
  synchronized void deleting(String name) {
    var life = lives.get(name);
    if (life != null && !life.present()) {
      return;
    }
    deleted.add(name);
    if (life == null || life.end().isEmpty()) {
      disturbed.add(name);
    }
    refresh(name);
  }

  /** We are about to do something to its delegate that is none of our business. */
  synchronized void disturbing(String name) {
    disturbed.add(name);
    refresh(name);
  }

  private void refresh(String name) {
    lives.computeIfPresent(
        name,
        (same, life) ->
            new Life(
                name,
                life.uid(),
                life.told(),
                life.status(),
                life.present(),
                deleted.contains(name),
                disturbed.contains(name)));
  }

  synchronized Optional<Life> find(String name) {
    return Optional.ofNullable(lives.get(name));
  }

  /** All there ever were. */
  synchronized Collection<Life> all() {
    return List.copyOf(lives.values());
  }

  /** Those that are there and have not ended. */
  synchronized List<Life> open() {
    return lives.values().stream().filter(life -> life.present() && life.end().isEmpty()).toList();
  }

  /** Those that are there. */
  synchronized List<Life> present() {
    return lives.values().stream().filter(Life::present).toList();
  }
}
