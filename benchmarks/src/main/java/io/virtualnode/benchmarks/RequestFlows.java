package io.virtualnode.benchmarks;

import io.virtualnode.testkit.LocalCluster;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Flow schemas by which an API server counts the virtual node's requests apart from all others.
 *
 * <p>All of them lead to the priority level {@code exempt}, where administrators' requests are:
 * they change what is counted and not how fast anything is served.
 */
final class RequestFlows {

  /** A kind of request, the more special before the more general. */
  enum Flow {
    POD_CREATE("create", "", "pods", "pod creates"),
    POD_DELETE("delete", "", "pods", "pod deletes"),
    POD_STATUS("patch", "", "pods/status", "pod status patches"),
    POD_GET("get", "", "pods", "pod reads"),
    POD_LIST("list", "", "pods", "pod lists"),
    POD_WATCH("watch", "", "pods", "pod watches"),
    POD_OTHER("*", "", "pods,pods/status,pods/eviction,pods/binding", "other requests for pods"),
    EVENT("*", ",events.k8s.io", "events", "events"),
    NODE("*", "", "nodes,nodes/status", "node"),
    LEASE("*", "coordination.k8s.io", "leases", "lease"),
    OTHER("*", "*", "*", "other");

    final String verb;
    final String groups;
    final String resources;
    final String title;

    Flow(String verb, String groups, String resources, String title) {
      this.verb = verb;
      this.groups = groups;
      this.resources = resources;
      this.title = title;
    }

    String schema() {
      return "vnode-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Flow> named(String schema) {
      return Arrays.stream(values()).filter(flow -> flow.schema().equals(schema)).findFirst();
    }

    /** Whether it is a write that belongs to one pod's way. */
    boolean isPodWrite() {
      return switch (this) {
        case POD_CREATE, POD_DELETE, POD_STATUS, POD_OTHER -> true;
        case POD_GET, POD_LIST, POD_WATCH, EVENT, NODE, LEASE, OTHER -> false;
      };
    }
  }

  private RequestFlows() {}

  /** Gives the user every right and makes the cluster count its requests. */
  static void install(LocalCluster cluster, String user) {
    cluster
        .client()
        .resource(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: %1$s}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %1$s}]
            """
                .formatted(user))
        .create();
    for (var flow : Flow.values()) {
      cluster.client().resource(schema(flow, user)).create();
    }
  }

  static String schema(Flow flow, String user) {
    return """
        apiVersion: flowcontrol.apiserver.k8s.io/v1
        kind: FlowSchema
        metadata: {name: %s}
        spec:
          matchingPrecedence: %d
          priorityLevelConfiguration: {name: exempt}
          rules:
          - subjects: [{kind: User, user: {name: %s}}]
            resourceRules:
            - verbs: ["%s"]
              apiGroups: ["%s"]
              resources: ["%s"]
              namespaces: ["*"]
              clusterScope: true
        %s
        """
        .formatted(
            flow.schema(),
            10 + List.of(Flow.values()).indexOf(flow),
            user,
            flow.verb,
            flow.groups.replace(",", "\", \""),
            flow.resources.replace(",", "\", \""),
            flow == Flow.OTHER
                ? "    nonResourceRules: [{verbs: [\"*\"], nonResourceURLs: [\"*\"]}]"
                : "");
  }
}
