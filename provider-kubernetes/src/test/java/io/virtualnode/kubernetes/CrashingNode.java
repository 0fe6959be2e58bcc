package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.chaos.Fuse;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.node.ApiClients;

/** A node whose clients light a {@link Fuse}. */
public final class CrashingNode {

  private CrashingNode() {}

  /** The node of the configuration, in a process that ends where the fuse is armed. */
  public static ForwardingNode of(Configuration configuration, Fuse fuse) {
    return new ForwardingNode(
        configuration,
        new Clients() {
          @Override
          public KubernetesClient primary(Configuration whole) {
            return ApiClients.client(
                ForwardingNode.clientConfig(whole.primary()), fuse.ofPrimary());
          }

          @Override
          public KubernetesClient member(MemberSettings settings) {
            return ApiClients.client(
                ForwardingNode.clientConfig(settings.access()), fuse.ofMember(settings.name()));
          }
        });
  }
}
