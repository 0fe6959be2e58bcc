package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The outside observer's book: which delegates there ever were in members, whose containers ever
 * started, and how each ended. It is told every state that a member's API server shows and believes
 * nobody else. Thread-safe.
 */
final class ContainerStarts {

  /** The label of everything in members that is there for a proxy. */
  static final String PROXY_UID = "virtualnode.io/proxy-uid";

  /**
   * What was ever seen of a delegate.
   *
   * @param started whether a container of it has ever started
   * @param end how it ended, empty as long as that was not seen
   */
  record Delegate(
      String member, String name, String uid, String proxyUid, boolean started, Optional<End> end) {

    @Override
    public String toString() {
      return member + "/" + name + " (" + uid + ")";
    }
  }

  private final Map<String, Delegate> delegates = new HashMap<>(); // by UID; guarded by this

  /** A member shows a pod, whosever it is, or has shown it last. */
  synchronized void seen(String member, Pod pod) {
    var metadata = pod.getMetadata();
    var before = delegates.get(metadata.getUid());
    var proxyUid = before == null ? proxyUid(pod) : Optional.of(before.proxyUid());
    if (proxyUid.isEmpty()) {
      return;
    }
    boolean started = hasStarted(pod.getStatus()) || (before != null && before.started());
    var end = End.of(pod.getStatus());
    delegates.put(
        metadata.getUid(),
        new Delegate(
            member,
            metadata.getName(),
            metadata.getUid(),
            proxyUid.get(),
            started,
            end.isPresent() || before == null ? end : before.end()));
  }

  private static Optional<String> proxyUid(Pod pod) {
    var labels = pod.getMetadata().getLabels();
    return labels == null ? Optional.empty() : Optional.ofNullable(labels.get(PROXY_UID));
  }

  private static boolean hasStarted(@Nullable PodStatus status) {
    return status != null
        && Stream.of(status.getInitContainerStatuses(), status.getContainerStatuses())
            .flatMap(List::stream)
            .anyMatch(ContainerStarts::hasStarted);
  }

  private static boolean hasStarted(ContainerStatus container) {
    return Stream.of(container.getState(), container.getLastState())
        .anyMatch(ContainerStarts::tellsOfAStart);
  }

  private static boolean tellsOfAStart(@Nullable ContainerState state) {
    return state != null
        && (state.getRunning() != null
            || (state.getTerminated() != null && state.getTerminated().getStartedAt() != null));
  }

  /** All delegates that a proxy ever had. */
  synchronized List<Delegate> of(String proxyUid) {
    return delegates.values().stream()
        .filter(delegate -> delegate.proxyUid().equals(proxyUid))
        .toList();
  }

  /** The delegates whose containers have started, by their proxies' UIDs. */
  synchronized Map<String, List<Delegate>> started() {
    var started = new HashMap<String, List<Delegate>>();
    for (var delegate : delegates.values()) {
      if (delegate.started()) {
        started.computeIfAbsent(delegate.proxyUid(), uid -> new ArrayList<>()).add(delegate);
      }
    }
    return started;
  }

  /** How many delegates there ever were. */
  synchronized int count() {
    return delegates.size();
  }
}
