package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.NodeRunner;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.ConfigurationChange;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of {@code vnode run}: the virtual nodes over the configured members. */
final class ForwardingProcess implements NodeProcess {

  private static final Logger log = LoggerFactory.getLogger(ForwardingProcess.class);

  private final NodeRunner node;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private Configuration current; // reload is called by one thread at a time

  ForwardingProcess(Configuration configuration) {
    this(configuration, NodeRunner.of(configuration));
  }

  /** The same for a node that was made of the configuration. */
  ForwardingProcess(Configuration configuration, NodeRunner node) {
    this.current = configuration;
    this.node = node;
  }

  @Override
  public void start() {
    node.start();
    node.ended()
        .whenComplete(
            (ignored, failure) -> {
              if (failure != null) {
                ended.completeExceptionally(failure);
              }
            });
  }

  @Override
  public void reload(Configuration configuration) {
    ConfigurationChange.needingRestart(current, configuration)
        .forEach(path -> log.warn("{} has changed: that takes effect after a restart", path));
    node.reload(configuration);
    current = configuration;
  }

  @Override
  public CompletionStage<Void> ended() {
    return ended;
  }

  @Override
  public void close() {
    node.close();
  }
}
