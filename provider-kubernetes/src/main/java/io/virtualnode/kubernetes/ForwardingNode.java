package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.node.ApiClients;
import io.virtualnode.node.NodeCounters;
import io.virtualnode.node.VirtualNode;
import java.util.concurrent.CompletionStage;

/**
 * A virtual node over member clusters, from a configuration: what {@code vnode run} runs, for use
 * in other programs.
 *
 * <p>Thread-safe. One instance runs once.
 */
public final class ForwardingNode implements AutoCloseable {

  private final KubernetesClient primary;
  private final ForwardingProvider provider;
  private final VirtualNode node;
  private final SlotCollection slots;

  /** A node that has contacted nothing yet. */
  public ForwardingNode(Configuration configuration) {
    this.primary = primaryClient(configuration);
    this.provider = new ForwardingProvider(configuration, ForwardingNode::memberClient);
    var settings = configuration.node();
    var builder =
        VirtualNode.builder(primary, provider)
            .name(settings.name())
            .labels(settings.labels())
            .taints(settings.taints());
    settings.internalIp().ifPresent(builder::internalIp);
    this.node = builder.build();
    this.slots = new SlotCollection(primary, settings.name(), provider);
  }

  /** A client of the primary, to be closed by the caller. */
  public static KubernetesClient primaryClient(Configuration configuration) {
    return ApiClients.client(clientConfig(configuration.primary()));
  }

  /** A client of a member, to be closed by the caller. */
  public static KubernetesClient memberClient(MemberSettings settings) {
    return ApiClients.client(clientConfig(settings.access()));
  }

  /** How a client reaches a cluster; credentials are read again from the file as they change. */
  private static Config clientConfig(ClusterAccess access) {
    return access
        .kubeconfig()
        .map(file -> Config.fromKubeconfig(access.context().orElse(null), file.toFile()))
        .orElseGet(() -> Config.autoConfigure(null));
  }

  /** Begins to run and returns at once; a cluster that cannot be reached is tried on and on. */
  public void start() {
    node.start();
    node.ready().thenRun(slots::start);
  }

  /**
   * Completes when the node is registered in the primary; fails with {@link
   * io.virtualnode.node.NodeException} if that can never be.
   */
  public CompletionStage<Void> ready() {
    return node.ready();
  }

  /**
   * Completes when the node was closed; fails with {@link io.virtualnode.node.NodeException} if it
   * can no longer be run.
   */
  public CompletionStage<Void> ended() {
    return node.ended();
  }

  /** Puts the members of another configuration into force; nothing else of it is looked at. */
  public void reload(Configuration configuration) {
    provider.reload(configuration);
  }

  /** What has been done since the start. */
  public NodeCounters counters() {
    return node.counters();
  }

  /** How many lines of the account differ from a full recount now; anything but 0 is a bug. */
  public int drift() {
    return provider.drift();
  }

  /** Stops; what runs in the members runs on, and the Node object stays. */
  @Override
  public void close() {
    slots.close();
    node.close();
    primary.close();
  }
}
