package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.SiteBench.PROXY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.config.PlacementSettings.Unfit;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Packing prefers member a, which is the smaller. */
class PlacingTest {

  private final SiteBench bench = new SiteBench("a", "b");
  private final MemberStub a = bench.stub("a");
  private final MemberStub b = bench.stub("b");
  private final Ending ending = new Ending(bench.site);
  private final Placing placing =
      new Placing(bench.site, new Starting(bench.site, ending, new Discarding(bench.site)));
  private final Forwarding forwarding = bench.observed(SiteBench.proxy());

  @AfterEach
  void close() {
    bench.close();
  }

  @DisplayName("proxy_goes_where_there_is_room_and_its_delegate_is_named_before_it_is_started")
  @Test
  void placed() {
    nodes();
    accepts(a);
    bench.record =
        condition -> {
          assertThat(a.requests("POST")).hasSize(1);
          assertThat(a.requests("PATCH")).as("started before it was named").isEmpty();
          assertThat(condition.getMessage()).contains("member=a", "delegate=delegate-1");
          return CompletableFuture.completedFuture(SiteBench.proxy());
        };
    place(Optional.empty());
    assertThat(a.requests("PATCH")).hasSize(1);
    assertThat(b.requests("POST")).isEmpty();
    assertThat(slot()).contains(new NodeKey("a", "a-1"));
  }

  @DisplayName("member_that_refuses_is_passed_over_for_another_at_once")
  @Test
  void passedOver() {
    nodes();
    refuses(a, "not here");
    accepts(b);
    place(Optional.empty());
    assertThat(a.requests("POST")).hasSize(1);
    assertThat(b.requests("PATCH")).hasSize(1);
    assertThat(slot()).contains(new NodeKey("b", "b-1"));
    assertThat(bench.said).as("it says nothing: it runs").isEmpty();
  }

  @DisplayName("proxy_that_all_refuse_says_so_in_their_words_holds_no_slot_and_asks_all_again")
  @Test
  void allRefuse() {
    nodes();
    refuses(a, "not here");
    refuses(b, "nor here");
    for (int attempt = 1; attempt <= 2; attempt++) {
      assertThatThrownBy(() -> place(Optional.empty()))
          .isInstanceOfSatisfying(
              ProviderException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE);
                assertThat(e.podReason()).isEqualTo("MemberRefused");
                assertThat(e).hasMessageContaining("not here").hasMessageContaining("nor here");
              });
      assertThat(a.requests("POST")).hasSize(attempt);
      assertThat(b.requests("POST")).hasSize(attempt);
      assertThat(slot()).isEmpty();
    }
    assertThat(bench.said)
        .hasSize(2)
        .allSatisfy(
            status -> {
              assertThat(status.getPhase()).isEqualTo("Pending");
              assertThat(status.getReason()).isEqualTo("MemberRefused");
              assertThat(status.getMessage()).contains("member a", "not here", "member b", "nor");
            });
  }

  @DisplayName("member_without_room_is_not_waited_for_when_the_others_refuse")
  @Test
  void onlyOneHasRoom() {
    bench.node("a", 1);
    bench.node("b", 1);
    bench.account.update(ledger -> ledger.count("uid-2", requestsOfOne()));
    bench.account.update(ledger -> ledger.reserve("uid-2", new NodeKey("b", "b-1")));
    refuses(a, "not here");
    assertThatThrownBy(() -> place(Optional.empty())).hasMessageContaining("not here");
    assertThat(b.requests("POST")).isEmpty();
  }

  @DisplayName("member_that_cannot_be_asked_is_not_taken_to_refuse_and_no_other_is_tried")
  @Test
  void unavailable() {
    nodes();
    a.answers("POST", 503, MemberStub.status("busy"));
    assertThatThrownBy(() -> place(Optional.empty()))
        .isInstanceOfSatisfying(
            ProviderException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE))
        .hasMessageContaining("busy");
    assertThat(b.requests("POST")).isEmpty();
    assertThat(slot()).as("it is out of sight, and nobody starts what it may have").isEmpty();
    accepts(a);
    place(Optional.empty());
    assertThat(a.requests("PATCH")).hasSize(1);
  }

  @DisplayName("slot_is_kept_when_the_delegate_is_named_and_whether_it_was_started_is_not_known")
  @Test
  void namedAndDoubtful() {
    nodes();
    accepts(a);
    a.answers("PATCH", 503, MemberStub.status("busy"));
    assertThatThrownBy(() -> place(Optional.empty())).hasMessageContaining("busy");
    assertThat(slot()).contains(new NodeKey("a", "a-1"));
    assertThat(b.requests("POST")).isEmpty();
  }

  @DisplayName("slot_is_kept_when_the_proxy_has_changed_meanwhile")
  @Test
  void changed() {
    nodes();
    accepts(a);
    bench.record =
        condition ->
            CompletableFuture.failedFuture(new ProviderException(Reason.CONFLICT, "changed"));
    assertThatThrownBy(() -> place(Optional.empty())).hasMessageContaining("changed");
    assertThat(slot()).contains(new NodeKey("a", "a-1"));
    assertThat(b.requests("POST")).isEmpty();
  }

  @DisplayName("where_it_came_to_nothing_is_the_last_choice")
  @Test
  void elsewhere() {
    nodes();
    accepts(a);
    accepts(b);
    var before = new Intent("a", MemberStub.UID, 0, "a-1").naming("delegate-0");
    observed(before);
    bury(before);
    place(Optional.of(before));
    assertThat(a.requests("POST")).isEmpty();
    assertThat(b.requests("POST")).hasSize(1);
    assertThat(b.requests("POST").get(0).body())
        .contains("\"name\":\"" + new Intent("b", "x", 1, "n").delegateName(PROXY) + "\"");
  }

  @DisplayName("name_under_which_a_tombstone_stands_is_not_used_again")
  @Test
  void unburied() {
    nodes();
    accepts(a);
    bury(new Intent("a", MemberStub.UID, 0, "a-1"));
    bury(new Intent("a", MemberStub.UID, 1, "a-1"));
    place(Optional.empty());
    assertThat(a.requests("POST").get(0).body())
        .contains("\"name\":\"" + new Intent("a", "x", 2, "n").delegateName(PROXY) + "\"");
  }

  @DisplayName("proxy_that_finds_no_slot_waits_and_says_why_or_is_rejected_as_configured")
  @Test
  void noRoom() {
    bench.node("a", 1);
    bench.account.update(ledger -> ledger.count("uid-2", requestsOfOne()));
    bench.account.update(ledger -> ledger.reserve("uid-2", new NodeKey("a", "a-1")));
    place(Optional.empty());
    assertThat(bench.said)
        .singleElement()
        .satisfies(status -> assertThat(status.getReason()).isEqualTo("WaitingForSlot"));
    bench.placement = PlacementSettings.DEFAULT.withUnfit(Unfit.REJECT);
    assertThatThrownBy(() -> place(Optional.empty()))
        .isInstanceOfSatisfying(
            ProviderException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.REJECTED);
              assertThat(e.podReason()).isEqualTo("OutOfcpu");
            });
  }

  @DisplayName("proxy_that_another_version_has_decided_on_says_so_and_keeps_its_phase")
  @Test
  void leftAlone() {
    assertThatThrownBy(() -> leaveAlone())
        .isInstanceOfSatisfying(
            ProviderException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE);
              assertThat(e.podReason()).isEqualTo("IntentUnreadable");
            });
    bench.observed(
        new PodBuilder(SiteBench.proxy())
            .editStatus()
            .withPhase("Running")
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build());
    assertThatThrownBy(() -> leaveAlone()).hasMessage("of the future");
    assertThat(bench.said).hasSize(2);
    assertThat(bench.said.get(0).getPhase()).isEqualTo("Pending");
    assertThat(bench.said.get(0).getReason()).isEqualTo("IntentUnreadable");
    assertThat(bench.said.get(1).getPhase()).isEqualTo("Running");
    assertThat(bench.said.get(1).getConditions().get(0).getReason()).isEqualTo("IntentUnreadable");
    assertThat(bench.said.get(1).getConditions().get(0).getStatus()).isEqualTo("Unknown");
  }

  private void leaveAlone() {
    join(placing.leaveAlone(forwarding, "of the future").toCompletableFuture());
  }

  private static io.virtualnode.kubernetes.capacity.Resources requestsOfOne() {
    return io.virtualnode.kubernetes.capacity.Requests.of(SiteBench.proxy());
  }

  private void nodes() {
    bench.node("a", 2);
    bench.node("b", 4);
  }

  private static void accepts(MemberStub member) {
    member.answers("POST", 201, MemberStub.pod("delegate-1", "41", ""));
    member.answers("PATCH", 200, "{}");
  }

  private static void refuses(MemberStub member, String words) {
    member.answers("POST", 403, MemberStub.status(words));
  }

  private void observed(Intent intent) {
    bench.observed(
        new PodBuilder(SiteBench.proxy())
            .editStatus()
            .withConditions(intent.toCondition())
            .endStatus()
            .build());
  }

  private void bury(Intent intent) {
    var name = intent.delegateName(PROXY);
    synchronized (forwarding) {
      forwarding.tombstoneSeen(
          new Forwarding.Delegate("a", MemberStub.UID, "grid", name, "grave of " + name));
    }
  }

  private Optional<NodeKey> slot() {
    return bench.account.read(ledger -> ledger.slot(PROXY.uid()));
  }

  private void place(Optional<Intent> after) {
    Pod pod = SiteBench.proxy();
    join(placing.place(pod, forwarding, after).toCompletableFuture());
  }

  private static void join(CompletableFuture<Void> done) {
    try {
      done.join();
    } catch (CompletionException e) {
      throw Delegates.cause(e);
    }
  }
}
