package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TermTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration TICK = Duration.ofMillis(1); // of the wall clock

  private final VirtualTimer time = new VirtualTimer();
  private final TwoClocks clocks = new TwoClocks(time);
  private final AtomicInteger ends = new AtomicInteger();
  private final Term term =
      new Term(Moment.of(clocks), LIMIT, clocks, time.executor(), ends::incrementAndGet);

  @Test
  void term_holds_until_the_deadline_after_the_renewal_was_sent() {
    time.pass(LIMIT.minus(TICK));
    assertThat(term.holds()).isTrue();
    assertThat(term.mayWrite()).isTrue();
    time.pass(TICK);
    assertThat(term.holds()).isFalse();
    assertThat(term.mayWrite()).isFalse();
  }

  @Test
  void renewal_counts_from_when_it_was_sent_not_from_its_answer() {
    time.pass(Duration.ofSeconds(2));
    Moment sent = Moment.of(clocks);
    time.pass(Duration.ofSeconds(3));
    assertThat(term.renewed(sent)).isTrue();
    time.pass(LIMIT.minusSeconds(3).minus(TICK));
    assertThat(term.holds()).isTrue();
    time.pass(TICK);
    assertThat(term.holds()).isFalse();
  }

  @Test
  void renewal_that_is_answered_after_the_deadline_brings_nothing_back() {
    time.pass(Duration.ofSeconds(9));
    Moment sent = Moment.of(clocks);
    time.pass(Duration.ofSeconds(1));
    assertThat(term.renewed(sent)).isFalse();
    assertThat(term.holds()).isFalse();
  }

  @Test
  void end_is_told_by_the_timer_when_nobody_asks() {
    term.watch();
    CompletableFuture<Void> ended = term.ended().toCompletableFuture();
    time.pass(Duration.ofSeconds(8));
    term.renewed(Moment.of(clocks));
    time.pass(LIMIT.minus(TICK));
    assertThat(ended).isNotDone();
    assertThat(ends).hasValue(0);
    time.pass(TICK);
    assertThat(ended).isCompleted();
    assertThat(ends).hasValue(1);
  }

  @Test
  void wall_clock_that_jumped_forward_ends_it_for_ever() {
    clocks.setWall(LIMIT.minusMillis(1));
    assertThat(term.holds()).isTrue();
    clocks.setWall(Duration.ofMillis(1));
    assertThat(term.holds()).isFalse();
    clocks.setWall(Duration.ofHours(-1));
    assertThat(term.holds()).isFalse();
    assertThat(term.renewed(Moment.of(clocks))).isFalse();
  }

  @Test
  void wall_clock_that_was_set_back_does_not_lengthen_it() {
    clocks.setWall(Duration.ofHours(-1));
    time.pass(LIMIT);
    assertThat(term.holds()).isFalse();
  }

  @Test
  void machine_that_was_suspended_finds_it_over() {
    clocks.sleep(LIMIT);
    assertThat(clocks.nanoTime()).isEqualTo(new VirtualTimer().nanoTime());
    assertThat(term.holds()).isFalse();
  }

  @Test
  void end_is_told_once_to_everybody_who_asked() {
    CompletableFuture<Void> early = term.ended().toCompletableFuture();
    term.end();
    term.end();
    assertThat(term.holds()).isFalse();
    assertThat(early).isNotDone(); // not on the thread of whoever ended it
    time.settle();
    assertThat(early).isCompleted();
    assertThat(term.ended().toCompletableFuture()).isCompleted();
    assertThat(ends).hasValue(1);
  }

  @Test
  void nobody_can_end_it_by_completing_its_stage() {
    term.ended().toCompletableFuture().complete(null);
    assertThat(term.ended().toCompletableFuture()).isNotDone();
    assertThat(term.holds()).isTrue();
  }
}
