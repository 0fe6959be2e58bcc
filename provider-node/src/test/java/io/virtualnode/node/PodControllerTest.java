package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PodControllerTest {

  private static final Duration SOON = Duration.ofMillis(200);

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final MemoryProvider provider = new MemoryProvider();
  private final Pods pods = new Pods(new PodStore(any -> true), Set.of());
  private final Counters counters = new Counters();
  private final List<PodKey> statusAdds = new ArrayList<>();
  private final PodController controller =
      new PodController(
          provider, pods, new Events(primary, "v", timer, counters), counters, statusAdds::add);
  private final WorkQueue<PodKey> queue =
      new WorkQueue<>("test", controller::reconcile, timer.executor(), timer, new Random(1));
  private final PodInbox inbox = new PodInbox(pods, provider, queue::add);

  private final Pod pod = TestPods.pod("a");
  private final PodKey key = PodKey.of(pod);

  PodControllerTest() {
    provider.onRemove = (any, grace) -> CompletableFuture.completedFuture(null);
  }

  @Test
  void provider_is_asked_nothing_before_every_pod_was_seen() {
    seen(pod);
    queue.add(key);
    timer.pass(SOON);
    assertThat(provider.calls).isEmpty();

    inbox.complete();
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(1);
  }

  @Test
  void end_that_was_told_before_the_first_list_is_kept() {
    requireNonNull(pods.mentioned(key)).push(MemoryProvider.ended("Succeeded", 0));
    requireNonNull(pods.mentioned(key)).gone();
    queue.add(key);
    timer.pass(SOON);

    seen(pod);
    inbox.complete();
    timer.pass(SOON);

    PodStatus latest = requireNonNull(pods.state(key)).pending().status().latest();
    assertThat(requireNonNull(latest).getPhase()).isEqualTo("Succeeded");
    assertThat(provider.calls).isEmpty();
  }

  @Test
  void pod_that_was_spoken_of_and_never_seen_is_forgotten_with_the_first_list() {
    requireNonNull(pods.mentioned(key)).push(MemoryProvider.running());
    inbox.complete();
    assertThat(pods.states()).isEmpty();
    assertThat(pods.mentioned(key)).isNull();
  }

  @Test
  void pod_that_vanished_before_the_first_list_was_complete_is_removed_at_the_provider() {
    seen(pod);
    gone(pod);
    inbox.complete();
    timer.pass(SOON);
    assertThat(provider.calls("remove", key)).hasSize(1);
  }

  @Test
  void pod_that_is_only_missing_from_the_store_is_not_removed() {
    synced(pod);
    pods.store().remove(key.uid());
    queue.add(key);
    timer.pass(SOON);
    assertThat(provider.calls("remove", key)).isEmpty();

    inbox.forgotten(key, true);
    timer.pass(SOON);
    assertThat(provider.calls("remove", key)).hasSize(1);
  }

  @Test
  void provider_is_asked_again_when_it_throws_an_error() {
    provider.onApply =
        any -> {
          if (provider.calls("apply", key).size() < 3) {
            throw new NoClassDefFoundError("on purpose");
          }
          return CompletableFuture.completedFuture(null);
        };
    synced(pod);
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(3);
    assertThat(primary.events).hasSize(1);
    assertThat(queue.size()).isZero();
  }

  @Test
  @SuppressWarnings("NullAway") // what is tested
  void provider_is_asked_again_when_it_returns_nothing() {
    provider.applyResult = stage -> provider.calls("apply", key).size() < 2 ? null : stage;
    synced(pod);
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(2);
    assertThat(queue.size()).isZero();
  }

  @Test
  void pod_is_ended_with_its_declared_grace_when_somebody_else_made_it_terminal() {
    synced(pod);
    timer.pass(SOON);
    requireNonNull(pods.state(key)).push(MemoryProvider.running());
    seen(TestPods.with(version(pod, "5"), MemoryProvider.ended("Failed", 137)));
    timer.pass(SOON);

    assertThat(provider.calls("remove", key))
        .singleElement()
        .satisfies(call -> assertThat(call.grace()).isEqualTo(Duration.ofSeconds(17)));
    queue.add(key);
    timer.pass(SOON);
    assertThat(provider.calls("remove", key)).hasSize(1);
  }

  @Test
  void ended_pod_is_left_with_the_provider_when_that_has_said_nothing_or_the_end() {
    synced(TestPods.with(pod, MemoryProvider.ended("Succeeded", 0)));
    timer.pass(SOON);
    requireNonNull(pods.state(key)).push(MemoryProvider.ended("Succeeded", 0));
    queue.add(key);
    timer.pass(SOON);
    assertThat(provider.calls).isEmpty();
  }

  @Test
  void rejected_pod_is_failed_and_not_ready() {
    provider.onApply =
        any ->
            CompletableFuture.failedFuture(
                new ProviderException(Reason.REJECTED, "OutOfcpu", "needs 64 cores"));
    PodStatus stored = MemoryProvider.running();
    stored.getConditions().add(MemoryProvider.delegateCondition());
    synced(TestPods.with(pod, stored));
    timer.pass(SOON);

    PodStatus pushed = requireNonNull(requireNonNull(pods.state(key)).pending().status().latest());
    assertThat(pushed.getPhase()).isEqualTo("Failed");
    assertThat(pushed.getConditions())
        .extracting(PodCondition::getType, PodCondition::getStatus, PodCondition::getReason)
        .containsExactlyInAnyOrder(
            Tuple.tuple("Ready", "False", "OutOfcpu"),
            Tuple.tuple("ContainersReady", "False", "OutOfcpu"));
  }

  @Test
  void pod_that_was_handed_over_stays_with_the_provider_when_a_daemon_set_adopts_it() {
    synced(pod);
    timer.pass(SOON);
    seen(TestPods.deleted(TestPods.ownedBy(version(pod, "5"), "DaemonSet"), 30));
    timer.pass(SOON);
    assertThat(provider.calls("remove", key)).hasSize(1);
  }

  @Test
  void pod_of_a_daemon_set_is_handed_over_once_it_is_nobodys() {
    synced(TestPods.ownedBy(pod, "DaemonSet"));
    timer.pass(SOON);
    assertThat(provider.calls).isEmpty();
    seen(version(pod, "5"));
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(1);
  }

  @Test
  void pod_is_handed_over_again_only_for_a_change_of_more_than_its_status() {
    synced(pod);
    timer.pass(SOON);
    seen(TestPods.with(version(pod, "5"), MemoryProvider.running()));
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(1);
    seen(
        new PodBuilder(version(pod, "6"))
            .editMetadata()
            .withLabels(Map.of("a", "b"))
            .endMetadata()
            .build());
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(2);
  }

  @Test
  void observer_that_throws_an_error_does_not_stop_the_node() {
    provider.onObserved =
        any -> {
          throw new StackOverflowError("on purpose");
        };
    synced(pod);
    timer.pass(SOON);
    assertThat(provider.calls("apply", key)).hasSize(1);
  }

  private void synced(Pod first) {
    seen(first);
    inbox.complete();
  }

  private void seen(Pod shown) {
    pods.store().put(shown.getMetadata().getUid(), shown);
    inbox.seen(shown);
  }

  private void gone(Pod shown) {
    pods.store().remove(shown.getMetadata().getUid());
    inbox.forgotten(PodKey.of(shown), true);
  }

  private static Pod version(Pod pod, String version) {
    return new PodBuilder(pod).editMetadata().withResourceVersion(version).endMetadata().build();
  }
}
