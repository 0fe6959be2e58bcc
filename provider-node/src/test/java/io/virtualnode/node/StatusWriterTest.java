package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class StatusWriterTest {

  private static final Duration SOON = Duration.ofMillis(40);

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final Counters counters = new Counters();
  private final Pods pods = new Pods(new PodStore(any -> true), Set.of("x.io/Waits"));
  private final StatusWriter writer =
      new StatusWriter(
          primary,
          pods,
          new Events(primary, "v", timer, counters),
          timer.executor(),
          timer,
          counters);
  private final WorkQueue<PodKey> queue =
      new WorkQueue<>("test", writer::write, timer.executor(), timer, new Random(1));

  private Pod pod = primary.put(TestPods.pod("a"));
  private final PodKey key = PodKey.of(pod);

  StatusWriterTest() {
    show(pod);
    pods.allSeen();
  }

  @Test
  void pod_deleted_before_it_ran_is_failed_and_then_deleted() {
    show(TestPods.deleted(pod, 30));
    state().gone();
    write();

    assertThat(primary.statuses).singleElement().satisfies(this::deletedBeforeStart);
    assertThat(primary.requests).containsExactly("PATCH pod", "DELETE pod");
  }

  @Test
  void pod_whose_end_is_unknown_is_failed_and_then_deleted() {
    state().push(MemoryProvider.running());
    write();
    show(TestPods.deleted(stored(), 30));
    state().gone();
    write();

    PodStatus end = primary.statuses.get(1);
    assertThat(end.getPhase()).isEqualTo("Failed");
    assertThat(end.getReason()).isEqualTo("EndUnknown");
    assertThat(end.getContainerStatuses().get(0).getState().getRunning()).isNotNull();
    assertThat(ready(end)).isEqualTo("Unknown");
    assertThat(primary.requests).endsWith("PATCH pod", "DELETE pod");
  }

  @Test
  void pod_deleted_by_force_that_a_finalizer_holds_is_failed_too() {
    show(TestPods.deleted(pod, 0));
    state().gone();
    write();
    assertThat(primary.statuses).singleElement().satisfies(this::deletedBeforeStart);
    assertThat(primary.requests).containsExactly("PATCH pod");
  }

  @Test
  void pod_that_has_ended_is_deleted_without_another_write() {
    state().push(MemoryProvider.ended("Succeeded", 0));
    write();
    show(TestPods.deleted(stored(), 30));
    state().gone();
    write();
    assertThat(primary.requests).containsExactly("PATCH pod", "DELETE pod");
  }

  @Test
  void pod_that_is_gone_without_a_deletion_is_failed_and_its_readiness_unknown() {
    state().push(MemoryProvider.running());
    write();
    state().gone();
    write();
    PodStatus end = primary.statuses.get(1);
    assertThat(end.getReason()).isEqualTo("PodGone");
    assertThat(ready(end)).isEqualTo("Unknown");
    assertThat(queue.size()).isZero();
  }

  @Test
  void end_is_written_when_the_running_before_it_is_refused() {
    primary.refuse("PATCH pod", 422);
    state().push(MemoryProvider.running());
    state().push(MemoryProvider.ended("Succeeded", 0));
    write();

    assertThat(primary.statuses).extracting(PodStatus::getPhase).containsExactly("Succeeded");
    assertThat(primary.statuses.get(0).getContainerStatuses()).hasSize(1);
    assertThat(primary.events).hasSize(1);
    assertThat(queue.size()).isZero();
  }

  @Test
  void phase_reason_and_message_are_written_when_an_end_is_refused() {
    primary.refuse("PATCH pod", 422);
    PodStatus end = MemoryProvider.ended("Failed", 3);
    end.setReason("Evicted");
    state().push(end);
    write();

    assertThat(primary.statuses)
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.getPhase()).isEqualTo("Failed");
              assertThat(status.getReason()).isEqualTo("Evicted");
              assertThat(status.getContainerStatuses()).isEmpty();
              assertThat(ready(status)).isEqualTo("False");
            });
    assertThat(queue.size()).isZero();
  }

  @Test
  void record_is_stored_when_the_status_that_travels_with_it_is_refused() {
    primary.refuse("PATCH pod", 422);
    CompletableFuture<Pod> stored = record(MemoryProvider.delegateCondition());
    state().push(new PodStatusBuilder().withPhase("Pending").withPodIP("no address").build());
    write();
    assertThat(stored).isCompleted();
    assertThat(types(stored())).contains("virtualnode.io/Delegate");
  }

  @Test
  void record_fails_when_even_the_bare_status_is_refused() {
    primary.refuse("PATCH pod", 422, 422);
    CompletableFuture<Pod> stored = record(MemoryProvider.delegateCondition());
    state().push(MemoryProvider.pending("Waits"));
    write();
    assertThat(stored).isCompletedExceptionally();
    timer.pass(Duration.ofSeconds(1));
    assertThat(stored().getStatus().getReason()).isEqualTo("Waits");
  }

  @Test
  void record_fails_when_a_status_cannot_even_be_sent() {
    primary.onPatch =
        () -> {
          throw new IllegalStateException("on purpose");
        };
    CompletableFuture<Pod> stored = record(MemoryProvider.delegateCondition());
    write();
    assertThat(stored)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(ProviderException.class);
  }

  @Test
  void work_ends_when_running_was_pushed_and_the_pod_is_gone_and_terminal_in_the_primary() {
    primary.refuse("PATCH pod", 409);
    state().push(MemoryProvider.running());
    state().push(MemoryProvider.pending("Restarting"));
    state().gone();
    pod = primary.put(TestPods.with(pod, MemoryProvider.ended("Failed", 1)));
    write();

    assertThat(primary.statuses).isEmpty();
    assertThat(state().pending().status().running()).isNull();
    assertThat(queue.size()).isZero();
  }

  @Test
  void work_ends_when_the_primary_makes_something_else_of_every_running() {
    primary.onStatus = status -> new PodStatusBuilder(status).withPhase("Pending").build();
    state().push(MemoryProvider.running());
    state().push(MemoryProvider.pending("Restarting"));
    write();
    assertThat(primary.count("PATCH pod")).isLessThan(4);
    assertThat(queue.size()).isZero();
  }

  @Test
  void condition_that_was_pushed_is_taken_back_and_one_that_was_recorded_stays() {
    CompletableFuture<Pod> recorded = record(condition("x.io/Recorded"));
    state().push(withConditions("x.io/Pushed", "x.io/Recorded"));
    write();
    assertThat(recorded).isCompleted();
    assertThat(types(stored())).contains("x.io/Pushed", "x.io/Recorded");

    state().push(withConditions());
    write();
    assertThat(types(stored())).contains("x.io/Recorded").doesNotContain("x.io/Pushed");
  }

  @Test
  void condition_of_a_declared_type_is_taken_back_after_a_restart() {
    PodStatus before = withConditions("x.io/Waits", "example.com/gate");
    show(primary.put(TestPods.with(pod, before)));
    state().push(withConditions());
    write();
    assertThat(types(stored())).contains("example.com/gate").doesNotContain("x.io/Waits");
  }

  @Test
  void pending_waits_for_the_record_that_follows_but_not_while_closing() {
    state().applyBegins(pod);
    state().push(MemoryProvider.pending("Creating"));
    write();
    assertThat(primary.requests).isEmpty();

    writer.hurry();
    var closed = queue.close().toCompletableFuture();
    timer.pass(SOON);
    assertThat(closed).isCompleted();
    assertThat(primary.requests).isEmpty(); // it was not added again

    StatusWriterTest next = new StatusWriterTest();
    next.state().applyBegins(next.pod);
    next.state().push(MemoryProvider.pending("Creating"));
    next.writer.hurry();
    next.write();
    assertThat(next.primary.requests).containsExactly("PATCH pod");
  }

  @Test
  void condition_takes_the_place_of_no_other_than_the_one_that_the_decision_saw() {
    CompletableFuture<Pod> stored = record(condition("x.io/Decided"));
    PodCondition theirs = condition("x.io/Decided");
    theirs.setMessage("by somebody else");
    show(
        new PodBuilder(pod)
            .editMetadata()
            .withResourceVersion(null)
            .endMetadata()
            .editOrNewStatus()
            .addToConditions(theirs)
            .endStatus()
            .build());
    write();
    assertThat(primary.requests).isEmpty();
    assertThat(stored)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .isInstanceOfSatisfying(
            ProviderException.class,
            failure -> assertThat(failure.reason()).isEqualTo(ProviderException.Reason.CONFLICT));

    PodCondition ours = condition("x.io/Decided");
    ours.setMessage("by us");
    CompletableFuture<Pod> again = record(ours);
    write();
    assertThat(again).isCompleted();
    assertThat(stored().getStatus().getConditions())
        .filteredOn(condition -> condition.getType().equals("x.io/Decided"))
        .singleElement()
        .satisfies(condition -> assertThat(condition.getMessage()).isEqualTo("by us"));
  }

  private PodState state() {
    return requireNonNull(pods.state(key));
  }

  private Pod stored() {
    return requireNonNull(primary.pods.get(key.uid()));
  }

  private void show(Pod shown) {
    pod = primary.put(shown);
    pods.store().put(key.uid(), pod);
    pods.observed(pod);
  }

  private void write() {
    queue.add(key);
    timer.pass(SOON);
  }

  private CompletableFuture<Pod> record(PodCondition condition) {
    CompletableFuture<Pod> stored = new CompletableFuture<>();
    state().applyBegins(pod);
    assertThat(state().record(condition, stored)).isTrue();
    return stored;
  }

  private void deletedBeforeStart(PodStatus status) {
    assertThat(status.getPhase()).isEqualTo("Failed");
    assertThat(status.getReason()).isEqualTo("DeletedBeforeStart");
    assertThat(ready(status)).isEqualTo("False");
  }

  private static String ready(PodStatus status) {
    return status.getConditions().stream()
        .filter(condition -> condition.getType().equals("Ready"))
        .findFirst()
        .orElseThrow()
        .getStatus();
  }

  private static List<String> types(Pod pod) {
    return pod.getStatus().getConditions().stream().map(PodCondition::getType).toList();
  }

  private static PodStatus withConditions(String... types) {
    PodStatusBuilder status = new PodStatusBuilder().withPhase("Running");
    for (String type : types) {
      status.addToConditions(condition(type));
    }
    return status.build();
  }

  private static PodCondition condition(String type) {
    return new PodConditionBuilder().withType(type).withStatus("True").build();
  }
}
