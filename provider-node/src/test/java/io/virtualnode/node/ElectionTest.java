package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ElectionTest {

  private static final ElectionSettings SETTINGS = ElectionSettings.of("ns", "lease");
  private static final Duration SOON = Duration.ofMillis(10);
  private static final Duration PERIOD = SETTINGS.retryPeriod();

  private final VirtualTimer time = new VirtualTimer();
  private final FakeLease lease = new FakeLease();

  ElectionTest() {
    lease.force(LeaseClaim.of(null));
  }

  @Test
  void one_leads_and_the_other_waits() {
    Seat a = new Seat("a");
    time.pass(SOON);
    Seat b = new Seat("b");
    time.pass(Duration.ofMinutes(10));

    assertThat(a.log).containsExactly("begin");
    assertThat(a.election.term()).isPresent();
    assertThat(b.log).isEmpty();
    assertThat(b.election.term()).isEmpty();
    assertThat(lease.reads).isBetween(298, 303); // a look every two seconds
    assertThat(lease.writes).isBetween(298, 303); // and a renewal
  }

  @Test
  void work_is_closed_while_the_term_lasts_and_before_the_lease_is_given_up() {
    Seat a = new Seat("a");
    time.pass(SOON);
    Seat b = new Seat("b");
    time.pass(PERIOD.dividedBy(2));
    a.onClose = () -> a.log.add("holds " + a.terms.get(0).holds() + " of " + lease.holder());
    CompletableFuture<Void> gone = a.election.leave().toCompletableFuture();
    time.pass(SOON);

    assertThat(gone).isCompleted();
    assertThat(a.log).containsExactly("begin", "close", "holds true of a");
    assertThat(a.terms.get(0).holds()).isFalse();
    assertThat(a.closed).isTrue();
    assertThat(lease.claim().isReleased()).isTrue();
    time.pass(PERIOD);
    assertThat(b.log).containsExactly("begin");
  }

  @Test
  void lease_is_renewed_as_long_as_the_work_takes_to_close() {
    Seat a = new Seat("a");
    time.pass(SOON);
    Seat b = new Seat("b");
    a.hold();
    CompletableFuture<Void> gone = a.election.leave().toCompletableFuture();
    time.pass(Duration.ofMinutes(1));
    assertThat(a.terms.get(0).holds()).isTrue();
    assertThat(gone).isNotDone();

    a.release();
    time.pass(PERIOD.plus(SOON));
    assertThat(gone).isCompleted();
    assertThat(b.log).containsExactly("begin");
  }

  @Test
  void work_is_closed_at_the_renew_deadline_and_begun_anew_in_a_new_term() {
    Seat a = new Seat("a");
    time.pass(SOON);
    a.answering = false;
    time.pass(SETTINGS.renewDeadline().minus(SOON));
    assertThat(a.log).containsExactly("begin");
    time.pass(SOON);
    assertThat(a.log).containsExactly("begin", "close");
    assertThat(a.election.term()).isEmpty();

    a.answering = true;
    time.pass(Duration.ofSeconds(10));
    assertThat(a.log).containsExactly("begin", "close", "begin");
    assertThat(a.terms.get(0).holds()).isFalse();
    assertThat(a.terms.get(1).holds()).isTrue();
    assertThat(a.election.term()).containsSame(a.terms.get(1));
  }

  @Test
  void nothing_is_asked_for_until_the_work_of_the_last_term_is_closed() {
    Seat a = new Seat("a");
    time.pass(SOON);
    a.hold();
    lease.force(new LeaseClaim("them", 1, null, null, 0));
    time.pass(PERIOD.plus(SOON));
    assertThat(a.terms.get(0).holds()).isFalse();
    int asked = lease.reads + lease.writes;
    time.pass(Duration.ofMinutes(10));
    assertThat(lease.reads + lease.writes).isEqualTo(asked);
    assertThat(a.log).containsExactly("begin");

    a.release();
    time.pass(PERIOD);
    assertThat(a.log).containsExactly("begin", "close", "begin");
  }

  @Test
  void work_is_not_begun_for_a_term_that_is_over_by_then() {
    Seat a = new Seat("a");
    a.hold();
    time.pass(SOON);
    a.answering = false;
    time.pass(SETTINGS.renewDeadline());
    assertThat(lease.holder()).isEqualTo("a");
    a.release();
    time.pass(SOON);
    assertThat(a.log).isEmpty();
  }

  @Test
  void lease_that_is_got_too_late_is_no_term() {
    Seat a = new Seat("a");
    a.latency = SETTINGS.renewDeadline().plusSeconds(1);
    time.pass(Duration.ofMinutes(2));
    assertThat(lease.holder()).isEqualTo("a");
    assertThat(a.log).isEmpty();
    assertThat(a.election.term()).isEmpty();
  }

  @Test
  void others_come_first_when_the_work_cannot_begin() {
    Seat a = new Seat("a");
    a.failing = true;
    time.pass(SOON);
    assertThat(lease.claim().isReleased()).isTrue();
    assertThat(a.terms.get(0).holds()).isFalse();
    time.pass(SETTINGS.leaseDuration().minus(SOON));
    assertThat(a.log).containsExactly("begin");

    a.failing = false;
    time.pass(SOON);
    assertThat(a.log).containsExactly("begin", "begin");
    assertThat(a.election.term()).isPresent();
  }

  @Test
  void work_that_fails_to_close_holds_up_nothing() {
    Seat a = new Seat("a");
    time.pass(SOON);
    a.onClose =
        () -> {
          throw new IllegalStateException("on purpose");
        };
    CompletableFuture<Void> gone = a.election.leave().toCompletableFuture();
    time.pass(SOON);
    assertThat(gone).isCompleted();
    assertThat(lease.claim().isReleased()).isTrue();
  }

  @Test
  void term_ends_as_soon_as_somebody_else_is_seen_in_the_lease() {
    Seat a = new Seat("a");
    time.pass(SOON);
    lease.force(new LeaseClaim("them", 15, Instant.EPOCH, Instant.EPOCH, 1));
    time.pass(PERIOD);
    assertThat(a.terms.get(0).holds()).isFalse();
    assertThat(a.log).containsExactly("begin", "close");
  }

  @Test
  void leaving_needs_no_answer() {
    Seat a = new Seat("a");
    time.pass(SOON);
    a.answering = false;
    CompletableFuture<Void> gone = a.election.leave().toCompletableFuture();
    time.pass(SETTINGS.requestTimeout().plus(SOON));
    assertThat(gone).isCompleted();
    assertThat(a.log).containsExactly("begin", "close");
    assertThat(lease.holder()).isEqualTo("a");
  }

  @Test
  void leaving_while_the_work_is_closed_waits_for_that() {
    Seat a = new Seat("a");
    time.pass(SOON);
    a.hold();
    a.answering = false;
    time.pass(SETTINGS.renewDeadline());
    a.answering = true;
    CompletableFuture<Void> gone = a.election.leave().toCompletableFuture();
    time.pass(Duration.ofMinutes(1));
    assertThat(gone).isNotDone();
    a.release();
    time.pass(SOON);
    assertThat(gone).isCompleted();
    assertThat(lease.claim().isReleased()).isTrue();
  }

  @Test
  void term_that_runs_out_while_its_work_is_closed_in_order_to_leave_ends_all_the_same() {
    Seat a = new Seat("a");
    time.pass(SOON);
    a.hold();
    CompletableFuture<Void> gone = a.election.leave().toCompletableFuture();
    a.answering = false;
    time.pass(SETTINGS.renewDeadline());
    assertThat(a.terms.get(0).holds()).isFalse();
    a.answering = true;
    a.release();
    time.pass(SETTINGS.requestTimeout());
    assertThat(gone).isCompleted();
    assertThat(a.log).containsExactly("begin", "close");
    assertThat(lease.claim().isReleased()).isTrue();
  }

  @Test
  void candidate_and_who_stands_back_leave_at_once_and_once() {
    Seat a = new Seat("a");
    a.failing = true;
    time.pass(SOON);
    lease.force(new LeaseClaim("them", 15, null, null, 0));
    Seat b = new Seat("b");
    time.pass(SOON);
    for (Seat seat : List.of(a, b)) {
      CompletableFuture<Void> gone = seat.election.leave().toCompletableFuture();
      time.pass(SOON);
      assertThat(gone).isCompleted();
      assertThat(seat.election.leave().toCompletableFuture()).isCompleted();
    }
    time.pass(Duration.ofMinutes(1));
    assertThat(lease.holder()).isEqualTo("them");
  }

  /** A participant whose requests are answered, and whose work is done, as a test wants. */
  private final class Seat implements LeaseStore {

    final List<String> log = new ArrayList<>();
    final List<Term> terms = new ArrayList<>();
    final Election election;
    Duration latency = Duration.ofMillis(1);
    Runnable onClose = () -> {};
    boolean answering = true;
    boolean failing;
    boolean closed;

    private final Queue<Runnable> held = new ArrayDeque<>();
    private boolean holding;

    Seat(String identity) {
      election =
          new Election(
              identity,
              SETTINGS,
              this,
              this::begin,
              new ElectionThreads(time, time.executor(), this::work, time.executor(), () -> {}));
      election.start();
    }

    /** The work's thread is busy from now on. */
    void hold() {
      holding = true;
    }

    void release() {
      holding = false;
      held.forEach(time.executor()::execute);
      held.clear();
    }

    private void work(Runnable task) {
      if (holding) {
        held.add(task);
      } else {
        time.executor().execute(task);
      }
    }

    private AutoCloseable begin(Term term) {
      log.add("begin");
      terms.add(term);
      if (failing) {
        throw new IllegalStateException("on purpose");
      }
      return () -> {
        log.add("close");
        onClose.run();
      };
    }

    @Override
    public CompletionStage<Optional<LeaseRecord>> read() {
      return request(lease::read);
    }

    @Override
    public CompletionStage<LeaseRecord> create(LeaseClaim claim) {
      return request(() -> lease.create(claim));
    }

    @Override
    public CompletionStage<LeaseRecord> replace(String version, LeaseClaim claim) {
      return request(() -> lease.replace(version, claim));
    }

    @Override
    public void close() {
      closed = true;
    }

    private <T> CompletionStage<T> request(Supplier<T> effect) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      if (answering) {
        time.schedule(latency, () -> complete(answer, effect));
      } else {
        time.schedule(
            SETTINGS.requestTimeout(),
            () -> answer.completeExceptionally(new KubernetesClientException("no answer")));
      }
      return answer;
    }

    private static <T> void complete(CompletableFuture<T> answer, Supplier<T> effect) {
      try {
        answer.complete(effect.get());
      } catch (KubernetesClientException e) {
        answer.completeExceptionally(e);
      }
    }
  }
}
