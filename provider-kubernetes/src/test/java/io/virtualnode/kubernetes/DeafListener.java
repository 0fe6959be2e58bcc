package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.member.MemberListener;
import java.util.Optional;
import java.util.Set;

/** Objects to no member, and takes no notice of what their watches show. */
final class DeafListener implements MemberListener {

  @Override
  public Optional<String> objection(Member member, ClusterIdentity identity) {
    return Optional.empty();
  }

  @Override
  public void nodeSeen(Member member, Node node) {}

  @Override
  public void nodeGone(Member member, String node) {}

  @Override
  public void nodesListed(Member member, Set<String> names) {}

  @Override
  public void podSeen(Member member, Pod pod) {}

  @Override
  public void podGone(Member member, Pod pod) {}

  @Override
  public void podsListed(Member member, Set<String> uids) {}

  @Override
  public void quotaSeen(Member member, ResourceQuota quota) {}

  @Override
  public void quotaGone(Member member, ResourceQuota quota) {}

  @Override
  public void quotasListed(Member member, Set<String> names) {}

  @Override
  public void freshnessChanged(Member member, boolean fresh) {}
}
