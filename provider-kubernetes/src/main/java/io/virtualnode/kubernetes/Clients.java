package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.node.ApiClients;
import io.virtualnode.node.WriteGuard;

/**
 * Makes the clients through which a {@link ForwardingNode} does whatever it does to clusters; the
 * node closes them. Thread-safe.
 */
interface Clients {

  /** Those that the configuration describes, but they write only while they may. */
  static Clients guarded(WriteGuard guard) {
    return new Clients() {
      @Override
      public KubernetesClient primary(Configuration configuration) {
        return ApiClients.client(ForwardingNode.clientConfig(configuration.primary()), guard);
      }

      @Override
      public KubernetesClient member(MemberSettings settings) {
        return ApiClients.client(ForwardingNode.clientConfig(settings.access()), guard);
      }
    };
  }

  /** Those that the configuration describes, and nothing else. */
  Clients CONFIGURED =
      new Clients() {
        @Override
        public KubernetesClient primary(Configuration configuration) {
          return ForwardingNode.primaryClient(configuration);
        }

        @Override
        public KubernetesClient member(MemberSettings settings) {
          return ForwardingNode.memberClient(settings);
        }
      };

  /** A client of the primary. */
  KubernetesClient primary(Configuration configuration);

  /** A client of a member; asked for anew whenever its settings or credentials have changed. */
  KubernetesClient member(MemberSettings settings);
}
