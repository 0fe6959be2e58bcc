package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OrphansTest {

  private static final PodStatus RUNNING = new PodStatusBuilder().withPhase("Running").build();
  private static final Duration GATHERING = Duration.ofSeconds(1);
  private static final Duration RETRY = Duration.ofSeconds(5);
  private static final Duration AGAIN = Duration.ofSeconds(30);

  private final SiteBench bench = new SiteBench("a");
  private final MemberStub member = bench.stub("a");
  private final AtomicInteger heldChanged = new AtomicInteger();
  private int percent = 20;
  private final Orphans orphans =
      new Orphans(
          bench.contexts,
          bench.forwardings,
          bench.delegates,
          bench.timer,
          () -> percent,
          heldChanged::incrementAndGet,
          bench.timer::nanoTime);
  private final List<PodKey> asked = new CopyOnWriteArrayList<>();

  @BeforeEach
  void primary() {
    primaryHas(Optional.empty());
    member.answers("DELETE", 200, "{}");
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @DisplayName("orphan_is_removed_after_the_primary_said_that_it_has_no_such_proxy")
  @Test
  void removed() {
    orphans.begin();
    var orphan = delegate(1, RUNNING);
    orphans.removeIfOrphan(orphan);
    bench.timer.advance(GATHERING.minusMillis(1));
    assertThat(asked).as("gathering").isEmpty();
    awaitWhileTimePasses("it is removed", () -> member.requests("DELETE").size() == 1);
    assertThat(asked).containsExactly(orphan.proxy());
    assertThat(member.requests("DELETE").get(0).path()).endsWith("/d1");
    assertThat(member.requests("DELETE").get(0).body())
        .contains("\"uid\":\"d1\"", "\"gracePeriodSeconds\":1");
    await("nothing of it makes a new candidate").until(orphan::isRemoving);
    bench.timer.advance(AGAIN.multipliedBy(3));
    assertThat(member.requests("DELETE")).hasSize(1);
  }

  @DisplayName("none_is_looked_at_before_all_members_have_been_seen")
  @Test
  void notBegun() {
    orphans.removeIfOrphan(delegate(1, RUNNING));
    bench.timer.advance(AGAIN);
    assertThat(asked).isEmpty();
    orphans.begin();
    awaitWhileTimePasses("it is removed", () -> member.requests("DELETE").size() == 1);
  }

  @DisplayName("they_are_gathered_until_a_second_has_brought_no_more_or_half_a_minute_has_passed")
  @Test
  void gathered() {
    orphans.begin();
    primaryHas(Optional.of(SiteBench.proxy()));
    for (int i = 0; i < 10; i++) {
      orphans.removeIfOrphan(delegate(i, RUNNING));
      bench.timer.advance(Duration.ofMillis(600));
    }
    assertThat(asked).isEmpty();
    bench.timer.advance(GATHERING.multipliedBy(2));
    assertThat(asked).hasSize(10);

    for (int i = 10; i < 50; i++) {
      orphans.removeIfOrphan(delegate(i, RUNNING));
      bench.timer.advance(Duration.ofMillis(600));
    }
    assertThat(asked).as("not for half a minute yet").hasSize(10);
    for (int i = 50; i < 65; i++) {
      orphans.removeIfOrphan(delegate(i, RUNNING));
      bench.timer.advance(Duration.ofMillis(600));
    }
    assertThat(asked).as("it is long enough").hasSizeGreaterThan(50);
    assertThat(member.requests("DELETE")).isEmpty();
  }

  @DisplayName("what_has_a_proxy_stays_and_is_looked_at_again_later")
  @Test
  void hasProxy() {
    orphans.begin();
    primaryHas(Optional.of(SiteBench.proxy()));
    orphans.removeIfOrphan(delegate(1, RUNNING));
    awaitWhileTimePasses("the primary is asked", () -> asked.size() == 1);
    bench.timer.advance(AGAIN.minusSeconds(2));
    assertThat(asked).hasSize(1);
    awaitWhileTimePasses("it is asked again", () -> asked.size() == 2);
    assertThat(member.requests("DELETE")).isEmpty();
  }

  @DisplayName("primary_that_does_not_answer_proves_nothing_and_is_asked_again_soon")
  @Test
  void noAnswer() {
    orphans.begin();
    bench.live =
        proxy -> {
          asked.add(proxy);
          return CompletableFuture.failedFuture(
              new ProviderException(Reason.UNAVAILABLE, "no answer"));
        };
    orphans.removeIfOrphan(delegate(1, RUNNING));
    awaitWhileTimePasses("the primary is asked", () -> asked.size() == 1);
    bench.timer.advance(RETRY.minusSeconds(1));
    assertThat(asked).hasSize(1);
    awaitWhileTimePasses("it is asked again", () -> asked.size() == 2);
    assertThat(member.requests("DELETE")).isEmpty();
    primaryHas(Optional.empty());
    awaitWhileTimePasses("it is removed", () -> member.requests("DELETE").size() == 1);
  }

  @DisplayName("proxy_that_is_seen_meanwhile_has_no_orphan")
  @Test
  void seenMeanwhile() {
    orphans.begin();
    var forwarding = delegate(1, RUNNING);
    orphans.removeIfOrphan(forwarding);
    bench.observed(SiteBench.proxy(forwarding.proxy()));
    bench.timer.advance(AGAIN);
    assertThat(asked).isEmpty();
  }

  @DisplayName("too_many_at_once_are_held_with_an_alarm_until_that_share_is_allowed")
  @Test
  void held() {
    orphans.begin();
    var six = delegates(6, RUNNING);
    six.forEach(orphans::removeIfOrphan);
    awaitWhileTimePasses("they are held", () -> orphans.held() == 6);
    assertThat(heldChanged).hasValue(1);
    assertThat(asked).hasSize(6);
    bench.timer.advance(AGAIN.plus(GATHERING));
    awaitWhileTimePasses("they are judged again", () -> asked.size() == 12);
    bench.timer.settle();
    assertThat(heldChanged).as("the same number is no change").hasValue(1);
    assertThat(member.requests("DELETE")).isEmpty();
    percent = 100;
    bench.timer.advance(AGAIN.plus(GATHERING));
    awaitWhileTimePasses("all go", () -> member.requests("DELETE").size() == 6);
    await("the alarm ends").until(() -> orphans.held() == 0);
    assertThat(heldChanged).hasValue(2);
  }

  @DisplayName("those_that_come_later_count_with_those_that_were_judged_or_removed_before")
  @Test
  void countedTogether() {
    orphans.begin();
    var all = delegates(7, RUNNING);
    all.subList(0, 5).forEach(orphans::removeIfOrphan);
    awaitWhileTimePasses("five go", () -> member.requests("DELETE").size() == 5);
    await("they are done").until(() -> all.subList(0, 5).stream().allMatch(f -> f.isRemoving()));
    orphans.removeIfOrphan(all.get(5));
    awaitWhileTimePasses("the sixth is held", () -> orphans.held() == 1);
    orphans.removeIfOrphan(all.get(6));
    awaitWhileTimePasses("and so is the seventh", () -> orphans.held() == 2);
    assertThat(member.requests("DELETE")).hasSize(5);
    bench.timer.advance(Duration.ofMinutes(10));
    awaitWhileTimePasses("later they go", () -> member.requests("DELETE").size() == 7);
  }

  @DisplayName("those_that_have_ended_or_have_a_proxy_do_not_count")
  @Test
  void notCounted() {
    orphans.begin();
    var ended = delegates(8, new PodStatusBuilder().withPhase("Succeeded").build());
    ended.forEach(orphans::removeIfOrphan);
    awaitWhileTimePasses("all go", () -> member.requests("DELETE").size() == 8);
    assertThat(orphans.held()).isZero();
    await("they are done").until(() -> ended.stream().allMatch(f -> f.isRemoving()));

    primaryHas(Optional.of(SiteBench.proxy()));
    var withProxies = new ArrayList<Forwarding>();
    for (int i = 10; i < 18; i++) {
      withProxies.add(delegate(i, RUNNING));
    }
    withProxies.forEach(orphans::removeIfOrphan);
    awaitWhileTimePasses("the primary has them", () -> asked.size() == 16);
    primaryHas(Optional.empty());
    orphans.removeIfOrphan(delegate(20, RUNNING));
    awaitWhileTimePasses("an orphan beside them", () -> member.requests("DELETE").size() == 9);
    assertThat(orphans.held()).isZero();
  }

  @DisplayName("removal_that_failed_is_tried_again_and_what_the_member_has_not_is_removed")
  @Test
  void triedAgain() {
    orphans.begin();
    member.answers("DELETE", 500, MemberStub.status("broken"));
    var orphan = delegate(1, RUNNING);
    orphans.removeIfOrphan(orphan);
    awaitWhileTimePasses("first", () -> member.requests("DELETE").size() == 1);
    assertThat(orphan.isRemoving()).isFalse();
    member.answers("DELETE", 404, MemberStub.status("not found"));
    long before = bench.timer.nanoTime();
    awaitWhileTimePasses("again", () -> member.requests("DELETE").size() == 2);
    assertThat(Duration.ofNanos(bench.timer.nanoTime() - before)).isLessThan(AGAIN);
    await("it is gone").until(orphan::isRemoving);
  }

  private void primaryHas(Optional<Pod> pod) {
    bench.live =
        proxy -> {
          asked.add(proxy);
          return CompletableFuture.completedFuture(pod);
        };
  }

  private List<Forwarding> delegates(int count, PodStatus status) {
    var all = new ArrayList<Forwarding>();
    for (int i = 0; i < count; i++) {
      all.add(delegate(i, status));
    }
    return all;
  }

  /** A delegate that member a shows and whose proxy nobody has seen. */
  private Forwarding delegate(int number, PodStatus status) {
    var forwarding =
        bench.forwardings.of(new PodKey("grid", "p" + number, "uid-" + number), Scope.WHOLE);
    SiteBench.seen(
        forwarding,
        new Forwarding.Delegate("a", MemberStub.UID, "grid", "d" + number, "d" + number),
        status);
    return forwarding;
  }

  private void awaitWhileTimePasses(String what, Callable<Boolean> condition) {
    await(what)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              bench.timer.advance(Duration.ofMillis(100));
              return condition.call();
            });
  }
}
