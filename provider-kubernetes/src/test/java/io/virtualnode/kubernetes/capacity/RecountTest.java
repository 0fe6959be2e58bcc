package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecountTest {

  private final MemberAccounts members = new MemberAccounts();
  private final ProxyAccounts proxies = new ProxyAccounts(members, new Interned());
  private final ProxyAccount proxy = proxies.proxy("p");

  @BeforeEach
  void fill() {
    var member = members.member("a");
    member.fresh = true;
    var account = members.node(key("a/n1"));
    member.setFacts(account, node("a/n1").cpu(8).build());
    members.touch(account);
    members.add(new PodLine(member, "x", account, cores(1), null, true));
    var delegate = new PodLine(member, "d", account, cores(2), proxy, true);
    members.add(delegate);
    proxy.listed(delegate);
    proxies.count(proxy, cores(2), Scope.WHOLE);
    members.flush();
    assertThat(drift()).isZero();
  }

  @DisplayName("pod_missing_from_its_node_is_drift")
  @Test
  void missing() {
    members.node(key("a/n1")).pods.remove(cores(1));
    assertThat(drift()).isPositive();
  }

  @DisplayName("node_that_was_not_computed_anew_is_drift")
  @Test
  void notRecomputed() {
    var member = members.member("a");
    member.setFacts(members.node(key("a/n1")), node("a/n1").cpu(9).build());
    assertThat(drift()).isPositive();
  }

  @DisplayName("sum_of_a_member_that_differs_is_drift")
  @Test
  void member() {
    members.member("a").spare.add(cores(1));
    assertThat(drift()).isPositive();
  }

  @DisplayName("use_of_a_quota_that_differs_is_drift")
  @Test
  void quota() {
    members.member("a").underQuota.subtract(cores(1));
    assertThat(drift()).isPositive();
  }

  @DisplayName("sums_of_a_scope_that_differ_are_drift")
  @Test
  void scope() {
    proxies.sums().add(proxy);
    assertThat(drift()).isPositive();
  }

  @DisplayName("slot_that_does_not_follow_from_the_delegates_is_drift")
  @Test
  void slot() {
    proxy.held = cores(3);
    assertThat(drift()).isPositive();
  }

  @DisplayName("delegate_that_its_proxy_does_not_know_is_drift")
  @Test
  void delegate() {
    var member = members.member("a");
    members.add(new PodLine(member, "e", null, cores(2), proxy, false));
    members.flush();
    assertThat(drift()).isPositive();
  }

  private int drift() {
    return new Recount(members, proxies).drift();
  }
}
