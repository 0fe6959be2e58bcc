package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The form in which an API server stores a pod status: with its defaults filled in and its times in
 * whole seconds. What is sent in this form equals what comes back. Pure.
 */
final class StoredForm {

  private StoredForm() {}

  /** Changes {@code status} itself, which must be the caller's own. */
  static void complete(PodStatus status) {
    status.setStartTime(Times.asStored(status.getStartTime()));
    completeAddresses(status);
    status.getInitContainerStatuses().forEach(StoredForm::normalise);
    status.getContainerStatuses().forEach(StoredForm::normalise);
    status.getEphemeralContainerStatuses().forEach(StoredForm::normalise);
  }

  private static void completeAddresses(PodStatus status) {
    if (status.getPodIP() != null && status.getPodIPs().isEmpty()) {
      status.setPodIPs(List.of(new PodIP(status.getPodIP())));
    } else if (status.getPodIP() == null && !status.getPodIPs().isEmpty()) {
      status.setPodIP(status.getPodIPs().get(0).getIp());
    }
    if (status.getHostIP() != null && status.getHostIPs().isEmpty()) {
      status.setHostIPs(List.of(new HostIP(status.getHostIP())));
    } else if (status.getHostIP() == null && !status.getHostIPs().isEmpty()) {
      status.setHostIP(status.getHostIPs().get(0).getIp());
    }
  }

  private static void normalise(ContainerStatus container) {
    container.setImage(Objects.requireNonNullElse(container.getImage(), ""));
    container.setImageID(Objects.requireNonNullElse(container.getImageID(), ""));
    container.setReady(Objects.requireNonNullElse(container.getReady(), false));
    container.setRestartCount(Objects.requireNonNullElse(container.getRestartCount(), 0));
    container.setState(normalised(container.getState()));
    container.setLastState(normalised(container.getLastState()));
  }

  private static ContainerState normalised(@Nullable ContainerState state) {
    if (state == null) {
      return new ContainerState();
    }
    var running = state.getRunning();
    if (running != null) {
      running.setStartedAt(Times.asStored(running.getStartedAt()));
    }
    var terminated = state.getTerminated();
    if (terminated != null) {
      terminated.setStartedAt(Times.asStored(terminated.getStartedAt()));
      terminated.setFinishedAt(Times.asStored(terminated.getFinishedAt()));
    }
    return state;
  }
}
