package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.config.Configuration;
import java.util.concurrent.CompletionStage;

/**
 * A virtual node as {@code vnode run} sees it. {@link #start} is called once, first; {@link
 * #reload} any number of times after it, one at a time; {@link #close} once, last, possibly while
 * one of the others runs.
 */
public interface NodeProcess extends AutoCloseable {

  /** Makes processes; called once per run, with a configuration without faults. */
  @FunctionalInterface
  interface Factory {

    /** A process that has contacted nothing yet. */
    NodeProcess create(Configuration configuration);
  }

  /**
   * Begins to run and returns; a cluster that cannot be reached is no reason to throw.
   *
   * @throws RuntimeException if the process can never work; its message is shown to the operator
   */
  void start();

  /**
   * Applies what can be applied of a new configuration and logs what cannot.
   *
   * @param configuration equal to the last one if only the place that a kubeconfig leads to changed
   */
  void reload(Configuration configuration);

  /** Completes when the process ends by itself, exceptionally if it cannot go on. */
  CompletionStage<Void> ended();

  /** Stops; what runs in the members runs on. Called also if {@link #start} threw. */
  @Override
  void close();
}
