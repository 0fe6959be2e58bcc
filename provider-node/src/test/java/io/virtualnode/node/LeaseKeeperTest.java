package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LeaseKeeperTest {

  private static final Duration SOON = Duration.ofMillis(10);

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final Counters counters = new Counters();
  private final LeaseKeeper keeper =
      new LeaseKeeper("v", primary, 0.5, timer.executor(), timer, counters);

  @Test
  void nothing_is_held_before_the_node_stands() {
    timer.pass(Duration.ofMinutes(1));
    assertThat(primary.requests).isEmpty();
  }

  @Test
  void lease_is_made_for_the_node_when_there_is_none() {
    var held = keeper.nodeStands(node("u1")).toCompletableFuture();
    assertThat(held).isNotDone();
    timer.pass(SOON);
    assertThat(held).isCompleted();
    Lease lease = lease();
    assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("v");
    assertThat(lease.getSpec().getLeaseDurationSeconds()).isEqualTo(40);
    assertThat(lease.getMetadata().getOwnerReferences())
        .extracting(OwnerReference::getUid)
        .containsExactly("u1");
  }

  @Test
  void lease_is_renewed_every_ten_seconds_with_a_new_time() {
    keeper.nodeStands(node("u1"));
    timer.pass(Duration.ofSeconds(105));
    assertThat(counters.leaseRenewals.sum()).isBetween(10L, 12L);
    Lease before = lease();
    timer.pass(Duration.ofSeconds(10));
    assertThat(lease().getSpec().getRenewTime()).isAfter(before.getSpec().getRenewTime());
    assertThat(lease().getMetadata().getUid()).isEqualTo(before.getMetadata().getUid());
    assertThat(primary.count("POST lease")).isEqualTo(1);
  }

  @Test
  void renewal_that_fails_is_repeated_every_second() {
    keeper.nodeStands(node("u1"));
    timer.pass(SOON);
    primary.refuse("PATCH lease", 0, 500, 0);
    timer.pass(Duration.ofSeconds(14));
    assertThat(counters.leaseRenewals.sum()).isEqualTo(2);
    assertThat(primary.count("PATCH lease")).isEqualTo(5);
  }

  @Test
  void lease_is_given_to_the_new_node_at_once() {
    keeper.nodeStands(node("u1"));
    timer.pass(SOON);
    keeper.nodeStands(node("u1"));
    timer.pass(SOON);
    assertThat(counters.leaseRenewals.sum()).isEqualTo(1);

    var held = keeper.nodeStands(node("u2")).toCompletableFuture();
    timer.pass(SOON);
    assertThat(held).isCompleted();
    assertThat(lease().getMetadata().getOwnerReferences())
        .extracting(OwnerReference::getUid)
        .containsExactly("u2");
  }

  @Test
  void primary_that_has_gone_back_is_noticed_at_the_next_renewal_and_nothing_is_renewed() {
    keeper.nodeStands(node("u1"));
    timer.pass(Duration.ofSeconds(30));
    assertThat(keeper.forgotten().toCompletableFuture()).isNotDone();
    primary.goBack(2);
    timer.pass(Duration.ofSeconds(10));
    assertThat(keeper.forgotten().toCompletableFuture()).isCompleted();
    int before = primary.requests.size();
    timer.pass(Duration.ofMinutes(1));
    assertThat(primary.requests).hasSize(before);
  }

  @Test
  void lease_that_the_primary_has_forgotten_tells_it_too() {
    keeper.nodeStands(node("u1"));
    timer.pass(SOON);
    primary.leases.clear();
    primary.goBack(5);
    timer.pass(Duration.ofSeconds(10));
    assertThat(keeper.forgotten().toCompletableFuture()).isCompleted();
  }

  @Test
  void nothing_is_renewed_once_it_is_closed() {
    keeper.nodeStands(node("u1"));
    timer.pass(SOON);
    keeper.close();
    int before = primary.requests.size();
    timer.pass(Duration.ofMinutes(5));
    assertThat(primary.requests).hasSize(before);
  }

  @Test
  void renewals_of_many_nodes_are_spread_evenly_though_all_began_at_once() {
    for (int i = 1; i <= 1000; i++) {
      double phase = i * 0.618033988749895 % 1;
      new LeaseKeeper("n-" + i, primary, phase, timer.executor(), timer, counters)
          .nodeStands(node("u" + i));
    }
    timer.pass(Duration.ofSeconds(20));
    for (int tenth = 0; tenth < 200; tenth++) {
      long before = primary.count("PATCH lease");
      timer.pass(Duration.ofMillis(100));
      assertThat(primary.count("PATCH lease") - before).isBetween(8L, 12L);
    }
  }

  private Lease lease() {
    return requireNonNull(primary.leases.get("v"));
  }

  private static Node node(String uid) {
    return new NodeBuilder().withNewMetadata().withName("v").withUid(uid).endMetadata().build();
  }
}
