package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PictureTest {

  private static final Optional<String> PRIMARY = Optional.empty();
  private static final Optional<String> A = Optional.of("a");
  private static final Optional<String> B = Optional.of("b");

  private long millis;
  private final Picture picture =
      new Picture("vnode", List.of("a", "b"), 2, () -> millis * 1_000_000);

  @Test
  void nothing_is_overdue_when_the_primary_follows_within_the_second() {
    picture.pod(A, delegate("1", "Running"));
    millis += 900;
    picture.pod(PRIMARY, proxy("1", "Running"));
    millis += 900;

    assertThat(picture.overdue()).isEmpty();
    assertThat(picture.agrees()).isTrue();
    assertThat(picture.outcome().longestToSettle()).isEqualTo(Duration.ofMillis(900));
  }

  @Test
  void pod_is_overdue_when_it_runs_in_the_primary_only() {
    picture.pod(PRIMARY, proxy("1", "Running"));
    millis += 1001;

    assertThat(picture.overdue()).containsExactly("uid-1");
  }

  @Test
  void pods_are_overdue_when_as_many_run_on_both_sides_but_not_the_same() {
    picture.pod(PRIMARY, proxy("1", "Running"));
    picture.pod(A, delegate("2", "Running"));
    millis += 1001;

    assertThat(picture.snapshot().running()).isEqualTo(picture.snapshot().runningInMembers());
    assertThat(picture.overdue()).containsExactly("uid-1", "uid-2");
  }

  @Test
  void check_is_broken_only_when_the_fresh_look_finds_a_fault() {
    picture.pod(PRIMARY, proxy("1", "Running"));
    picture.pod(PRIMARY, proxy("2", "Running"));
    millis += 1001;
    picture.judged("uid-1", Optional.empty());
    picture.judged("uid-2", Optional.of("running 1 in the primary, 0 in members"));

    assertThat(picture.outcome().breaches())
        .singleElement()
        .asString()
        .contains("running 1 in the primary, 0 in members", "default/proxy-2");
  }

  @Test
  void check_is_broken_when_the_primary_follows_late_though_nobody_looked() {
    picture.pod(A, delegate("1", "Running"));
    picture.pod(PRIMARY, proxy("1", "Pending"));
    millis += Picture.SETTLE.plus(Picture.OWN_LAG).toMillis() + 1;
    picture.pod(PRIMARY, proxy("1", "Running"));

    assertThat(picture.outcome().breaches())
        .containsExactly(
            "the primary and the members differed for 1251 ms about default/proxy-1 (uid-1)");
  }

  @Test
  void late_watch_is_excused_when_a_fresh_look_finds_no_fault() {
    picture.pod(A, delegate("1", "Running"));
    millis += 1001;
    picture.lookedAt("uid-1");
    assertThat(picture.overdue()).isEmpty();
    picture.judged("uid-1", Optional.empty());
    millis += 5000;
    picture.pod(PRIMARY, proxy("1", "Running"));

    assertThat(picture.outcome().breaches()).isEmpty();
  }

  @Test
  void check_is_broken_when_more_was_offered_than_free_for_too_long_though_nobody_looked() {
    picture.node(A, "a-1", new ClusterPicture.Cpu(2000, 2000));
    picture.node(PRIMARY, "vnode", new ClusterPicture.Cpu(2001, 2001));
    millis += 1251;
    picture.node(PRIMARY, "vnode", new ClusterPicture.Cpu(2000, 2000));

    assertThat(picture.outcome().breaches())
        .containsExactly("vnode offered more than was free for 1251 ms");
  }

  @Test
  void check_is_broken_at_once_when_two_delegates_run_for_one_proxy() {
    picture.pod(PRIMARY, proxy("1", "Running"));
    picture.pod(A, delegate("1", "Running"));
    picture.pod(B, delegate("1", "Running"));

    assertThat(picture.outcome().breaches())
        .singleElement()
        .asString()
        .contains("2 delegates run for default/proxy-1");
  }

  @Test
  void offer_is_overdue_when_the_node_has_more_left_than_the_members_have_free() {
    picture.node(A, "a-1", new ClusterPicture.Cpu(2000, 2000));
    picture.node(PRIMARY, "vnode", new ClusterPicture.Cpu(2000, 2000));
    picture.pod(PRIMARY, proxy("1", "Running"));
    picture.pod(A, delegate("1", "Running"));
    millis += 1001;
    assertThat(picture.offerOverdue()).isFalse();

    picture.pod(A, local("3"));
    millis += 1000;
    assertThat(picture.offerOverdue()).isFalse();
    millis += 1;
    assertThat(picture.offerOverdue()).isTrue();
  }

  @Test
  void snapshot_counts_what_each_cluster_shows() {
    picture.node(A, "a-1", new ClusterPicture.Cpu(8000, 8000));
    picture.node(B, "b-1", new ClusterPicture.Cpu(4000, 4000));
    picture.node(PRIMARY, "vnode", new ClusterPicture.Cpu(12000, 12000));
    picture.pod(PRIMARY, proxy("1", "Running"));
    picture.pod(A, delegate("1", "Running"));

    var now = picture.snapshot();

    assertThat(now.allocatableMillis()).isEqualTo(12000);
    assertThat(now.boundMillis()).isEqualTo(900);
    assertThat(now.unseen()).isEqualTo(1);
    assertThat(now.running()).isEqualTo(1);
    assertThat(now.members())
        .containsExactly(
            new Snapshot.MemberRow("a", 900, 8000, 1), new Snapshot.MemberRow("b", 0, 4000, 0));
  }

  @Test
  void run_has_ended_when_as_many_jobs_have_ended_as_there_are() {
    picture.jobEnded("grid-1", new Picture.JobEnd(true, ""));
    assertThat(picture.allJobsEnded()).isFalse();

    picture.jobEnded("grid-2", new Picture.JobEnd(false, ""));
    assertThat(picture.allJobsEnded()).isTrue();
  }

  private static PodFact proxy(String id, String phase) {
    return pod("uid-" + id, "uid-" + id, "proxy-" + id, phase);
  }

  private static PodFact delegate(String id, String phase) {
    return pod("delegate-" + id, "uid-" + id, "delegate-" + id, phase);
  }

  private static PodFact local(String id) {
    return pod("local-" + id, "local-" + id, "local-" + id, "Pending");
  }

  private static PodFact pod(String uid, String proxyUid, String name, String phase) {
    return new PodFact(
        uid, proxyUid, "default", name, Optional.of("node"), phase, 900, "", Duration.ZERO);
  }
}
