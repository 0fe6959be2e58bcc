package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.cli.Permission.Scope;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What a virtual node has to be allowed in each kind of cluster; the Helm charts grant the same.
 */
final class RequiredPermissions {

  private static final String LEASES = "coordination.k8s.io";
  private static final Scope CLUSTER = new Scope.Cluster();
  private static final Scope EVERYWHERE = new Scope.AllNamespaces();

  private final List<Permission> permissions = new ArrayList<>();

  private RequiredPermissions() {}

  static List<Permission> inPrimary(Configuration configuration) {
    var required = new RequiredPermissions();
    if (configuration.node().topology() != Topology.AGGREGATE) {
      required.allow("", "nodes", CLUSTER, "delete"); // virtual nodes go with what they stand for
    }
    configuration
        .replicas()
        .map(replicas -> new Scope.Namespace(replicas.namespace()))
        .ifPresent(
            namespace ->
                required.allow(
                    LEASES, "leases", namespace, "get", "list", "create", "patch", "delete"));
    return required
        .allow("", "nodes", CLUSTER, "get", "list", "watch", "create", "patch")
        .allow("", "nodes/status", CLUSTER, "patch")
        .allow("", "pods", EVERYWHERE, "get", "list", "watch", "delete")
        .allow("", "pods/status", EVERYWHERE, "patch")
        .allow(LEASES, "leases", new Scope.Namespace("kube-node-lease"), "create", "patch")
        .allow("", "events", EVERYWHERE, "create")
        .allow("", "namespaces", new Scope.Named("kube-system"), "get")
        .permissions();
  }

  static List<Permission> in(MemberSettings member) {
    var target = member.namespace().<Scope>map(Scope.Namespace::new).orElse(EVERYWHERE);
    var required = new RequiredPermissions();
    if (member.capacity().seesNodes()) {
      required
          .allow("", "nodes", CLUSTER, "list", "watch")
          .allow("", "pods", EVERYWHERE, "list", "watch")
          .allow("", "namespaces", new Scope.Named("kube-system"), "get")
          .allow("", "namespaces", target, "get");
    } else {
      // All of it can be granted by a Role in the one namespace.
      required.allow("", "pods", target, "list", "watch").allow("", "namespaces", target, "get");
    }
    required.allow("", "pods", target, "get", "create", "patch", "delete");
    if (member.namespace().isPresent() && !(member.capacity() instanceof CapacitySource.Static)) {
      required.allow("", "resourcequotas", target, "list", "watch");
    }
    return required.permissions();
  }

  private RequiredPermissions allow(String group, String resource, Scope scope, String... verbs) {
    for (var verb : verbs) {
      permissions.add(new Permission(verb, group, resource, scope));
    }
    return this;
  }

  private List<Permission> permissions() {
    return List.copyOf(permissions);
  }
}
