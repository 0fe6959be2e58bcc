package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.NodeRunner;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.ConfigurationChange;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of {@code vnode run}: the virtual nodes over the configured members. When the primary
 * is to be reached in another way, what runs is ended and another takes its place, as after a
 * restart of the process; but it must be the same cluster.
 */
final class ForwardingProcess implements NodeProcess {

  private static final Logger log = LoggerFactory.getLogger(ForwardingProcess.class);

  private final Function<Configuration, NodeRunner> nodes;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private Configuration current; // guarded by this
  private volatile NodeRunner node; // written under this
  private Optional<String> place; // guarded by this; where the primary was when the node was made
  private boolean closed; // guarded by this

  ForwardingProcess(Configuration configuration) {
    this(configuration, NodeRunner::of);
  }

  /** The same with nodes that somebody else makes. */
  ForwardingProcess(Configuration configuration, Function<Configuration, NodeRunner> nodes) {
    this.nodes = nodes;
    this.current = configuration;
    this.place = configuration.primary().api().place();
    this.node = nodes.apply(configuration);
  }

  @Override
  public synchronized void start() {
    start(node);
  }

  private void start(NodeRunner next) {
    next.start();
    next.ended()
        .whenComplete(
            (ignored, failure) -> {
              if (failure != null && node == next) { // takes no lock: it may be being closed
                ended.completeExceptionally(failure);
              }
            });
  }

  @Override
  public synchronized void reload(Configuration configuration) {
    if (closed) {
      return;
    }
    ConfigurationChange.needingRestart(current, configuration)
        .forEach(path -> log.warn("{} has changed: that takes effect after a restart", path));
    // Nodes keep their names and looks until then, and replicas their Leases.
    current = configuration.withNode(current.node()).withReplicas(current.replicas());
    var newest = current.primary().api().place();
    if (newest.isPresent() && !newest.equals(place)) {
      log.info(
          "The primary is to be reached by {} in another way: connecting anew", current.primary());
      connectAnew();
      place = newest;
    } else {
      node.reload(current);
    }
  }

  private void connectAnew() {
    var next = nodes.apply(current);
    var before = node;
    before.primaryUid().ifPresent(next::primaryMustBe);
    node = next; // how the one before ends is of no interest any more
    before.close();
    start(next);
  }

  @Override
  public CompletionStage<Void> ended() {
    return ended;
  }

  @Override
  public synchronized void close() {
    closed = true;
    node.close();
  }
}
