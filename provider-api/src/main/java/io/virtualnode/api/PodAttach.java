package io.virtualnode.api;

import java.util.concurrent.CompletionStage;

/** An ability: to attach to the main process of a running container. */
public interface PodAttach {

  /**
   * Opens the session; errors as for {@link PodExec#exec}. Never retried by the node.
   *
   * <p>Closing the session leaves the process running.
   */
  CompletionStage<PodSession> attach(PodKey pod, String container, PodSession.Streams streams);
}
