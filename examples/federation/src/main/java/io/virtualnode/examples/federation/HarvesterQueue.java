package io.virtualnode.examples.federation;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/** What the Jobs of a PanDA Harvester queue find in a cluster. */
final class HarvesterQueue {

  static final String NAMESPACE = "default";
  static final String PRIORITY_CLASS = "grid-jobs";
  static final String CONFIG_MAP = "grid-job-config";
  static final String PROXY_SECRET = "grid-proxy";

  /** The label by which a site's template chooses its nodes; the virtual node has it, too. */
  static final String POOL = "grid.example.org/pool";

  static final String POOL_NAME = "batch";

  private HarvesterQueue() {}

  /** What Harvester and its cluster's administrator have made in the primary. */
  static void prepare(KubernetesClient primary) {
    create(
        primary,
        // Never: in sum over the members, preemption would end many small pods for one that might
        // still not fit.
        new PriorityClassBuilder()
            .withNewMetadata()
            .withName(PRIORITY_CLASS)
            .endMetadata()
            .withValue(1000)
            .withPreemptionPolicy("Never")
            .build());
    prepareMember(primary);
  }

  /** What has to be in a member as well, as long as nothing is mirrored. Priorities stay behind. */
  static void prepareMember(KubernetesClient member) {
    create(
        member,
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(NAMESPACE)
            .withName(CONFIG_MAP)
            .endMetadata()
            .addToData("pandaJobData.out", "{\"prodSourceLabel\": \"managed\"}")
            .build());
    create(
        member,
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(NAMESPACE)
            .withName(PROXY_SECRET)
            .endMetadata()
            .addToStringData("x509up", "a grid proxy would be here")
            .build());
  }

  private static void create(KubernetesClient cluster, HasMetadata object) {
    cluster.resource(object).create();
  }
}
