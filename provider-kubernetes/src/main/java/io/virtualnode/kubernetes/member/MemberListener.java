package io.virtualnode.kubernetes.member;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import java.util.Optional;
import java.util.Set;

/**
 * Who is told what a member's watches show.
 *
 * <p>Called on the watches' threads: in order for one kind of object, concurrently for several.
 * Must return promptly.
 */
public interface MemberListener {

  /**
   * The cluster that the member's name reaches has said who it is, before it is watched.
   *
   * @param identity by the UIDs of its {@code kube-system} namespace and of the member's fixed one,
   *     as far as they may be seen
   * @return why it must not be used as this member; asked again for as long as there is an answer
   */
  Optional<String> objection(Member member, ClusterIdentity identity);

  /** A node is there or changed. */
  void nodeSeen(Member member, Node node);

  /** A node has gone. */
  void nodeGone(Member member, String node);

  /** A pod is there or changed. */
  void podSeen(Member member, Pod pod);

  /**
   * A pod has gone.
   *
   * @param pod its metadata; the rest may be missing
   */
  void podGone(Member member, Pod pod);

  /**
   * This connection's first list of nodes has been handed on: a node that an earlier connection
   * showed and that is not in it has gone.
   */
  void nodesListed(Member member, Set<String> names);

  /**
   * This connection's first list of pods has been handed on: a pod that an earlier connection
   * showed and that is not in it has gone.
   */
  void podsListed(Member member, Set<String> uids);

  /** A quota of the fixed namespace is there or changed. */
  void quotaSeen(Member member, ResourceQuota quota);

  /** A quota of the fixed namespace has gone. */
  void quotaGone(Member member, ResourceQuota quota);

  /**
   * This connection's first list of quotas has been handed on, or it watches none: a quota that an
   * earlier connection showed and that is not in it has gone.
   */
  void quotasListed(Member member, Set<String> names);

  /** What is known of the member has become recent, or no longer is. */
  void freshnessChanged(Member member, boolean fresh);
}
