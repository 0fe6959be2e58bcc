package io.virtualnode.kubernetes.cli;

import static java.util.Objects.requireNonNull;

/**
 * One thing that an identity has to be allowed to do in a cluster.
 *
 * @param verb the RBAC verb
 * @param group the API group, empty for the core
 * @param resource the plural resource, with its subresource: {@code pods/log}
 * @param scope where
 */
record Permission(String verb, String group, String resource, Scope scope) {

  /** Where a permission has to hold. */
  sealed interface Scope {

    /** The resource has no namespaces. */
    record Cluster() implements Scope {}

    /** In every namespace, also those to come. */
    record AllNamespaces() implements Scope {}

    /** In one namespace. */
    record Namespace(String name) implements Scope {}

    /** One object without a namespace. */
    record Named(String name) implements Scope {}
  }

  /** Checks that nothing is missing. */
  Permission {
    requireNonNull(verb, "verb is null");
    requireNonNull(group, "group is null");
    requireNonNull(resource, "resource is null");
    requireNonNull(scope, "scope is null");
  }

  /** {@code create pods in namespace atlas}. */
  @Override
  public String toString() {
    var qualified = group.isEmpty() ? resource : resource + "." + group;
    if (scope instanceof Scope.Namespace namespace) {
      return verb + " " + qualified + " in namespace " + namespace.name();
    } else if (scope instanceof Scope.AllNamespaces) {
      return verb + " " + qualified + " in all namespaces";
    } else if (scope instanceof Scope.Named named) {
      return verb + " " + qualified + " " + named.name();
    }
    return verb + " " + qualified;
  }
}
