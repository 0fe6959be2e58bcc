package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How the virtual nodes of one configuration are named and marked, and how they are known by that
 * again. Pure.
 *
 * <p>The one for the whole has the configured name, that of a member {@code <name>.<member>}, that
 * of a member node {@code <name>.<member>.<node>}: members' names have no dots, so no two are the
 * same. A name longer than a label's value may be is cut and ends in a hash.
 *
 * @param family the configured name
 */
record NodeIdentity(String family) {

  /** The label by which all virtual nodes of one configuration are found; its value is the name. */
  static final String FAMILY = "virtualnode.io/family";

  /** The label that names the member that the virtual node stands for, or whose node it does. */
  static final String MEMBER = "virtualnode.io/member";

  /** The annotation that names the member's node that the virtual node stands for. */
  static final String MEMBER_NODE = "virtualnode.io/member-node";

  private static final int LONGEST_NAME = 63;
  private static final int LONGEST_PART = 52;

  /** The name of the Node that stands for that part of the members. */
  String name(Scope scope) {
    if (scope instanceof Scope.OfMember one) {
      return shortened(family + "." + one.member());
    }
    if (scope instanceof Scope.OfNode one) {
      return shortened(family + "." + one.node().member() + "." + one.node().node());
    }
    return family;
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME
        ? name
        : name.substring(0, LONGEST_PART).replaceAll("[-.]+$", "") + "-" + Ownership.hash(name);
  }

  /** The labels that the Node is known by. */
  Map<String, String> labels(Scope scope) {
    var labels = new HashMap<String, String>();
    labels.put(FAMILY, family);
    memberOf(scope).ifPresent(member -> labels.put(MEMBER, member));
    return labels;
  }

  /** The annotations that the Node is known by. */
  Map<String, String> annotations(Scope scope) {
    return scope instanceof Scope.OfNode one ? Map.of(MEMBER_NODE, one.node().node()) : Map.of();
  }

  /** What a Node of the primary stands for; empty if it is none of this configuration's. */
  Optional<Scope> scopeOf(Node node) {
    var metadata = node.getMetadata();
    var labels = metadata.getLabels() == null ? Map.<String, String>of() : metadata.getLabels();
    if (metadata.getName().equals(family)) {
      return Optional.of(Scope.WHOLE);
    }
    var member = labels.get(MEMBER);
    if (!family.equals(labels.get(FAMILY)) || member == null) {
      return Optional.empty();
    }
    var memberNode =
        metadata.getAnnotations() == null ? null : metadata.getAnnotations().get(MEMBER_NODE);
    Scope scope =
        memberNode == null
            ? new Scope.OfMember(member)
            : new Scope.OfNode(new NodeKey(member, memberNode));
    return Optional.of(scope).filter(found -> name(found).equals(metadata.getName()));
  }

  /** The member that the part is of, if it is of one. */
  static Optional<String> memberOf(Scope scope) {
    if (scope instanceof Scope.OfMember one) {
      return Optional.of(one.member());
    }
    return scope instanceof Scope.OfNode one ? Optional.of(one.node().member()) : Optional.empty();
  }

  /** The part for one member node, or for all of a member's whose nodes are not seen. */
  static Scope ofNode(NodeKey node) {
    return node.node().equals(Intent.ANY_NODE)
        ? new Scope.OfMember(node.member())
        : new Scope.OfNode(node);
  }
}
