package io.virtualnode.kubernetes.capacity;

import org.jspecify.annotations.Nullable;

/** A member's pod that is not terminal, as the account keeps it: {@link MemberPod} in few bytes. */
final class PodLine {

  final MemberAccount member;
  final Object uid; // see Uid
  final @Nullable NodeAccount node;
  final Resources request;
  final @Nullable ProxyAccount proxy;
  final boolean underQuota;

  @Nullable PodLine next; // the proxy's next delegate

  PodLine(
      MemberAccount member,
      Object uid,
      @Nullable NodeAccount node,
      Resources request,
      @Nullable ProxyAccount proxy,
      boolean underQuota) {
    this.member = member;
    this.uid = uid;
    this.node = node;
    this.request = request;
    this.proxy = proxy;
    this.underQuota = underQuota;
  }

  /** Whether it says the same. */
  boolean says(PodLine other) {
    return node == other.node
        && proxy == other.proxy
        && underQuota == other.underQuota
        && request.equals(other.request);
  }

  /** The order of a proxy's delegates, so that it does not matter which is seen first. */
  boolean isBefore(PodLine other) {
    int order = member.name.compareTo(other.member.name);
    return order < 0 || (order == 0 && uid.toString().compareTo(other.uid.toString()) < 0);
  }
}
