package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;

/**
 * Makes the clients through which a {@link ForwardingNode} does whatever it does to clusters; the
 * node closes them. Thread-safe.
 */
interface Clients {

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
