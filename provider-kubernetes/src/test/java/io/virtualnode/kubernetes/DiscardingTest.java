package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.SiteBench.DELEGATE;
import static io.virtualnode.kubernetes.SiteBench.PROXY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DiscardingTest {

  private static final String SHUT = ",\"schedulingGates\":[{\"name\":\"virtualnode.io/start\"}]";
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final SiteBench bench = new SiteBench("a");
  private final MemberStub member = bench.stub("a");
  private final Discarding discarding = new Discarding(bench.site);
  private final Forwarding forwarding = bench.observed(SiteBench.proxy());

  @AfterEach
  void close() {
    bench.close();
  }

  @DisplayName("delegate_that_nobody_started_is_deleted_on_condition_that_it_has_not_changed")
  @Test
  void deleted() {
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", SHUT));
    member.answers("DELETE", 200, "{}");
    discard();
    assertThat(member.requests("DELETE"))
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.path()).isEqualTo("/api/v1/namespaces/grid/pods/job-1");
              assertThat(request.body())
                  .contains("\"uid\":\"delegate-1\"", "\"resourceVersion\":\"41\"");
            });
    assertThat(forwarding.isTakenBack("delegate-1")).isTrue();
    assertThat(bench.requeued).containsExactly(PROXY);
  }

  @DisplayName("delegate_that_has_been_started_or_is_another_pod_or_gone_is_not_deleted")
  @Test
  void started() {
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", ""));
    discard();
    member.answers("GET", 200, MemberStub.pod("delegate-2", "42", SHUT));
    discard();
    member.answers("GET", 404, MemberStub.status("gone"));
    synchronized (forwarding) {
      forwarding.creation().made(DELEGATE);
    }
    discard();
    assertThat(forwarding.creation().made()).as("what is yet to be started").isEmpty();
    assertThat(member.requests("GET")).hasSize(3);
    assertThat(member.requests("DELETE")).isEmpty();
    assertThat(forwarding.isTakenBack("delegate-1")).as("proven never to run").isFalse();
  }

  @DisplayName("delegate_that_has_come_to_be_the_intended_one_is_not_deleted")
  @Test
  void intended() {
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", SHUT));
    var intent = new Intent("a", MemberStub.UID, 0, "n").naming("delegate-1");
    bench.observed(
        new PodBuilder(SiteBench.proxy())
            .editStatus()
            .withConditions(intent.toCondition())
            .endStatus()
            .build());
    discard();
    assertThat(member.requests("DELETE")).isEmpty();
  }

  @DisplayName("what_changes_while_it_is_deleted_is_no_more_proven_never_to_have_run")
  @Test
  void changed() {
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", SHUT));
    member.answers("DELETE", 409, MemberStub.status("changed"));
    assertThatThrownBy(this::discard).hasMessageContaining("changed");
    assertThat(forwarding.isTakenBack("delegate-1")).isFalse();
    assertThat(bench.requeued).isEmpty();
  }

  @DisplayName("what_was_abandoned_is_discarded_until_that_works_once_at_a_time")
  @Test
  void abandoned() {
    member.answers("GET", 500, MemberStub.status("broken"));
    bench.observed( // another one runs: none can come to be intended any more
        new PodBuilder(SiteBench.proxy())
            .editStatus()
            .withPhase("Running")
            .withStartTime("2026-01-01T00:00:00Z")
            .withConditions(
                new Intent("a", MemberStub.UID, 0, "n").naming("delegate-7").toCondition())
            .endStatus()
            .build());
    synchronized (forwarding) {
      forwarding.creating("a", "job-1");
      forwarding.creation().made(DELEGATE);
      forwarding.creating("b", "job-1");
    }
    discarding.discardAbandoned(forwarding);
    awaitRequests("GET", 1);
    discarding.discardSurely(forwarding, DELEGATE);
    bench.timer.advance(RETRY.minusMillis(1));
    await("one at a time")
        .during(Duration.ofMillis(300))
        .until(() -> member.requests("GET").size() == 1);
    member.answers("GET", 200, MemberStub.pod("delegate-1", "41", SHUT));
    member.answers("DELETE", 200, "{}");
    await("it is tried again")
        .until(
            () -> {
              bench.timer.advance(Duration.ofMillis(1));
              return member.requests("DELETE").size() == 1;
            });
    await("it worked").until(() -> forwarding.isTakenBack("delegate-1"));

    await("what comes again is discarded again")
        .until(
            () -> {
              discarding.discardSurely(forwarding, DELEGATE);
              return member.requests("DELETE").size() == 2;
            });
  }

  @DisplayName("what_was_in_a_member_that_is_no_longer_there_is_not_tried_again")
  @Test
  void memberGone() {
    var elsewhere = new Forwarding.Delegate("x", "cluster-x", "grid", "job-1", "delegate-9");
    synchronized (forwarding) {
      forwarding.delegateSeen(elsewhere, "7", false, true, new PodStatus(), false);
    }
    int before = bench.timer.pending();
    discarding.discardSurely(forwarding, elsewhere);
    assertThat(bench.timer.pending()).as("what is to be done later").isEqualTo(before);
    assertThat(forwarding.delegate()).contains(elsewhere);
    assertThat(member.requests("GET")).isEmpty();
  }

  private void discard() {
    discarding.discard(forwarding, DELEGATE).toCompletableFuture().join();
  }

  private void awaitRequests(String method, int count) {
    await("%d requests %s".formatted(count, method))
        .until(() -> member.requests(method).size() == count);
  }
}
