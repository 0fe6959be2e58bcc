package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.SiteBench.DELEGATE;
import static io.virtualnode.kubernetes.SiteBench.PROXY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.delegate.Intent;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EndingTest {

  private static final PodStatus RUNNING =
      new PodStatusBuilder().withPhase("Running").withStartTime("2026-01-01T00:00:00Z").build();
  private static final Duration GRACE = Duration.ofSeconds(20);
  private static final Duration RETRY = Duration.ofSeconds(5);
  private static final Duration FOLLOW_UP = Duration.ofSeconds(2);

  private final SiteBench bench = new SiteBench("a");
  private final MemberStub member = bench.stub("a");
  private final Ending ending = new Ending(bench.site);
  private final Forwarding forwarding = bench.observed(SiteBench.proxy());

  @AfterEach
  void close() {
    bench.close();
  }

  @DisplayName("delegate_is_deleted_by_its_uid_with_the_grace_and_is_not_gone_by_that")
  @Test
  void deleted() {
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    member.answers("DELETE", 200, "{}");
    remove();
    assertThat(member.requests("DELETE"))
        .singleElement()
        .satisfies(
            request ->
                assertThat(request.body())
                    .contains("\"uid\":\"delegate-1\"", "\"gracePeriodSeconds\":20"));
    assertThat(forwarding.isRemoving()).isTrue();
    assertThat(bench.gone).isEmpty();
  }

  @DisplayName("delegate_that_the_member_has_not_is_gone_and_so_is_its_slot")
  @Test
  void gone() {
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    bench.node("a", 4);
    bench.account.update(ledger -> ledger.reserve(PROXY.uid(), new NodeKey("a", "a-1")));
    member.answers("DELETE", 404, MemberStub.status("not found"));
    remove();
    assertThat(bench.gone).containsExactly(PROXY);
    Optional<NodeKey> slot = bench.account.read(ledger -> ledger.slot(PROXY.uid()));
    assertThat(slot).isEmpty();
    assertThat(bench.forwardings.find(PROXY)).as("the primary has it").isSameAs(forwarding);
    assertThat(forwarding.isRemoving()).isFalse();
  }

  @DisplayName("deletion_that_is_not_answered_proves_nothing_and_fails")
  @Test
  void unavailable() {
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    member.answers("DELETE", 500, MemberStub.status("broken"));
    assertThatThrownBy(this::remove).hasMessageContaining("broken");
    assertThat(bench.gone).isEmpty();
  }

  @DisplayName("proxy_of_which_nothing_was_made_is_gone_at_once")
  @Test
  void nothing() {
    remove();
    assertThat(bench.gone).containsExactly(PROXY);
    assertThat(member.requests("DELETE")).isEmpty();
  }

  @DisplayName("delegate_that_no_watch_shows_is_looked_after_until_it_has_gone")
  @Test
  void followedUp() {
    bench.observed(intended());
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", ""));
    member.answers("DELETE", 200, "{}");
    remove();
    assertThat(member.requests("DELETE")).hasSize(1);
    bench.timer.advance(FOLLOW_UP.minusMillis(1));
    assertThat(member.requests("GET")).as("the first look").hasSize(1);
    awaitWhileTimePasses(() -> member.requests("GET").size() == 3, "it is looked after again");
    assertThat(bench.gone).isEmpty();
    member.answers("GET", 404, MemberStub.status("not found"));
    awaitWhileTimePasses(() -> !bench.gone.isEmpty(), "it has gone");
    assertThat(bench.gone).containsExactly(PROXY);
  }

  @DisplayName("delegate_that_a_watch_shows_is_not_looked_after")
  @Test
  void watched() {
    bench.observed(intended());
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", ""));
    member.answers("DELETE", 200, "{}");
    remove();
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    awaitNothingMore("GET");
    assertThat(bench.gone).isEmpty();
  }

  @DisplayName("delegate_of_a_proxy_that_somebody_ended_is_ended_as_often_as_it_takes")
  @Test
  void ended() {
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    member.answers("DELETE", 500, MemberStub.status("broken"));
    ending.end(forwarding);
    await("first").until(() -> member.requests("DELETE").size() == 1);
    assertThat(member.requests("DELETE").get(0).body()).contains("\"gracePeriodSeconds\":30");
    bench.timer.advance(RETRY.minusMillis(1));
    assertThat(member.requests("DELETE")).hasSize(1);
    awaitWhileTimePasses(() -> member.requests("DELETE").size() >= 2, "again");
    SiteBench.seen(forwarding, DELEGATE, new PodStatusBuilder(RUNNING).withPhase("Failed").build());
    awaitNothingMore("DELETE");
  }

  @DisplayName("proxy_whose_delegate_is_no_more_fails_and_says_why_before_it_is_gone")
  @Test
  void givenUp() {
    SiteBench.seen(forwarding, DELEGATE, RUNNING);
    ending.giveUp(forwarding, "somebody took it");
    assertThat(bench.said)
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.getPhase()).isEqualTo("Failed");
              assertThat(status.getReason()).isEqualTo("DelegateLost");
              assertThat(status.getMessage()).isEqualTo("somebody took it");
              assertThat(status.getStartTime()).isEqualTo(RUNNING.getStartTime());
            });
    assertThat(bench.gone).containsExactly(PROXY);
  }

  @DisplayName("proxy_is_forgotten_when_neither_the_primary_nor_a_member_has_anything_of_it")
  @Test
  void forgotten() {
    synchronized (forwarding) {
      forwarding.tombstoneSeen(DELEGATE);
      forwarding.forgotten(true);
      ending.gone(forwarding);
    }
    assertThat(bench.forwardings.find(PROXY)).as("a tombstone stands").isNotNull();
    synchronized (forwarding) {
      forwarding.tombstoneGone(DELEGATE.uid());
      ending.gone(forwarding);
    }
    assertThat(bench.forwardings.find(PROXY)).isNull();
  }

  private void awaitWhileTimePasses(java.util.concurrent.Callable<Boolean> condition, String what) {
    await(what)
        .until(
            () -> {
              bench.timer.advance(Duration.ofMillis(100));
              return condition.call();
            });
  }

  /** Longer than anything is waited for, and what was under way has come. */
  private void awaitNothingMore(String method) {
    await("what was under way has come")
        .during(Duration.ofMillis(300))
        .until(
            () -> member.requests(method).size(),
            Predicate.isEqual(member.requests(method).size()));
    int sofar = member.requests(method).size();
    await("nothing more comes")
        .during(Duration.ofMillis(500))
        .until(
            () -> {
              bench.timer.advance(RETRY);
              return member.requests(method).size() == sofar;
            });
  }

  private void remove() {
    ending.remove(forwarding, GRACE).toCompletableFuture().join();
  }

  private static Pod intended() {
    var intent = new Intent("a", MemberStub.UID, 0, "n").naming("delegate-1");
    return new PodBuilder(SiteBench.proxy())
        .editStatus()
        .withConditions(intent.toCondition())
        .endStatus()
        .build();
  }
}
