package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProviderLinkTest {

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final Pods pods = new Pods(new PodStore(any -> true), Set.of("x.io/Waits"));
  private final List<PodKey> work = new ArrayList<>();
  private final List<PodKey> writes = new ArrayList<>();
  private final List<Runnable> calls = new ArrayList<>();
  private final ProviderLink link =
      new ProviderLink(
          "v",
          "primary-uid",
          primary,
          pods,
          new Events(primary, "v", timer, new Counters()),
          report -> CompletableFuture.completedFuture(null),
          work::add,
          writes::add,
          calls::add);

  private final Pod pod = primary.put(TestPods.pod("a"));
  private final PodKey key = PodKey.of(pod);

  @Test
  void status_is_copied_when_it_is_pushed() {
    PodStatus pushed = MemoryProvider.running();
    link.podStatus(key, pushed);
    pushed.setPhase("Failed");
    pushed.getConditions().get(0).setStatus("False");
    pushed.getContainerStatuses().get(0).getState().setRunning(null);
    pushed.getContainerStatuses().clear();

    PodStatus kept = requireNonNull(state().pending().status().latest());
    assertThat(kept).isEqualTo(MemoryProvider.running());
  }

  @Test
  void condition_is_copied_when_it_is_recorded() {
    show();
    state().applyBegins(pod);
    PodCondition condition = MemoryProvider.delegateCondition();
    link.record(key, condition);
    condition.setMessage("changed");
    assertThat(state().pending().conditions())
        .extracting(PodCondition::getMessage)
        .containsExactly("member-a");
    assertThat(writes).containsExactly(key);
  }

  @Test
  void record_is_refused_outside_of_an_apply_and_for_a_type_that_is_taken_back() {
    show();
    failed(link.record(key, MemoryProvider.delegateCondition()), Reason.INVALID);
    state().applyBegins(pod);
    PodCondition waits = MemoryProvider.delegateCondition();
    waits.setType("x.io/Waits");
    failed(link.record(key, waits), Reason.INVALID);
    failed(
        link.record(new PodKey("ns", "b", "other"), MemoryProvider.delegateCondition()),
        Reason.NOT_FOUND);
  }

  @Test
  void unknown_pod_is_kept_in_mind_before_the_first_list_and_ignored_after_it() {
    link.podStatus(key, MemoryProvider.running());
    assertThat(pods.state(key)).isNotNull();
    pods.allSeen();

    link.podStatus(key, MemoryProvider.running());
    link.podGone(key);
    link.requeue(key);
    assertThat(pods.state(key)).isNull();
    assertThat(work).isEmpty();
  }

  @Test
  void nothing_is_woken_when_the_same_status_is_pushed_again() {
    link.podStatus(key, MemoryProvider.running());
    link.podStatus(key, MemoryProvider.running());
    assertThat(writes).containsExactly(key);
    assertThat(work).isEmpty();
  }

  @Test
  void provider_is_looked_at_when_it_says_that_an_ended_pod_lives() {
    Pod ended = primary.put(TestPods.with(pod, MemoryProvider.ended("Failed", 1)));
    pods.store().put(key.uid(), ended);
    pods.observed(ended);
    link.podStatus(key, MemoryProvider.running());
    assertThat(work).containsExactly(key);
  }

  @Test
  void gone_wakes_both_queues_and_requeue_the_provider() {
    show();
    link.podGone(key);
    assertThat(work).containsExactly(key);
    assertThat(writes).containsExactly(key);
    link.requeue(key);
    assertThat(work).containsExactly(key, key);
  }

  @Test
  void live_read_goes_past_the_cache_and_answers_on_the_threads_of_calls() {
    CompletionStage<Optional<Pod>> live = link.live(key);
    timer.pass(Duration.ofMillis(5));
    assertThat(live.toCompletableFuture()).isNotDone();
    calls.forEach(Runnable::run);
    assertThat(live.toCompletableFuture()).isCompletedWithValue(Optional.of(pod));
  }

  @Test
  void live_read_is_unavailable_when_the_primary_does_not_answer() {
    primary.refuse("GET pod", 0);
    CompletionStage<Optional<Pod>> live = link.live(key);
    timer.pass(Duration.ofMillis(5));
    calls.forEach(Runnable::run);
    failed(live, Reason.UNAVAILABLE);
  }

  private void show() {
    pods.store().put(key.uid(), pod);
    pods.observed(pod);
    pods.allSeen();
  }

  private PodState state() {
    return requireNonNull(pods.state(key));
  }

  private static void failed(CompletionStage<?> stage, Reason reason) {
    assertThat(stage.toCompletableFuture())
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            ProviderException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
