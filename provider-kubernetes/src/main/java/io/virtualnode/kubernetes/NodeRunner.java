package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.config.Configuration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Runs virtual nodes over member clusters: what {@code vnode run} does. Thread-safe. One instance
 * runs once.
 */
public sealed interface NodeRunner extends AutoCloseable permits ForwardingNode, Replica {

  /** Runs them all, or as one of several processes if the configuration says that. */
  static NodeRunner of(Configuration configuration) {
    return configuration.replicas().isPresent()
        ? new Replica(configuration)
        : new ForwardingNode(configuration);
  }

  /** Begins to run and returns at once; a cluster that cannot be reached is tried on and on. */
  void start();

  /** Puts the members of another configuration into force; what else can be applied, too. */
  void reload(Configuration newest);

  /**
   * Completes when all was closed; fails with {@link io.virtualnode.node.NodeException} if the node
   * of an aggregate can no longer be run, or the primary was restored from a backup, and with
   * {@link io.virtualnode.api.ProviderException} if the primary is another than it must be.
   */
  CompletionStage<Void> ended();

  /**
   * What identifies the primary; empty until it has answered or {@link #primaryMustBe} was said.
   */
  Optional<String> primaryUid();

  /** Makes it end at its start if the primary is another cluster; to be said before the start. */
  void primaryMustBe(String uid);

  /** Stops; what runs in the members runs on, and the Node objects stay. Idempotent. */
  @Override
  void close();
}
