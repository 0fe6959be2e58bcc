package io.virtualnode.api;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** An ability: to run a command in a running container. */
public interface PodExec {

  /**
   * Starts the command; the stage completes when the session is open.
   *
   * <p>Fails with {@link ProviderException}: {@code NOT_FOUND} for an unknown pod or container,
   * {@code CONFLICT} if it is not running, {@code UNAVAILABLE} otherwise. Never retried by the
   * node.
   *
   * @param command program and arguments, not interpreted by a shell
   */
  CompletionStage<PodSession> exec(
      PodKey pod, String container, List<String> command, PodSession.Streams streams);
}
