package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WorkQueueTest {

  private static final Duration LONG = Duration.ofHours(1);

  private final VirtualTimer timer = new VirtualTimer();
  private final List<CompletableFuture<Outcome>> runs = new ArrayList<>();
  private final WorkQueue<String> queue =
      new WorkQueue<>("test", key -> begin(), timer.executor(), timer, new Random(1));

  @Test
  void keys_all_start_at_once_when_hundreds_are_added() {
    for (int i = 0; i < 300; i++) {
      queue.add("key-" + i);
    }
    timer.settle();
    assertThat(runs).hasSize(300);
  }

  @Test
  void key_runs_once_when_it_is_added_often_before_it_starts() {
    queue.add("a");
    queue.add("a");
    timer.settle();
    end(0, Outcome.DONE);
    assertThat(runs).hasSize(1);
    assertThat(queue.size()).isZero();
  }

  @Test
  void key_runs_again_after_its_end_when_it_is_added_during_a_run() {
    queue.add("a");
    timer.settle();
    queue.add("a");
    queue.add("a");
    timer.pass(LONG);
    assertThat(runs).hasSize(1);

    end(0, Outcome.DONE);
    assertThat(runs).hasSize(2);
    end(1, Outcome.DONE);
    timer.pass(LONG);
    assertThat(runs).hasSize(2);
  }

  @Test
  void delay_doubles_up_to_the_ceiling_when_runs_fail_and_starts_anew_after_a_success() {
    queue.add("a");
    timer.settle();
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      fail(i);
      delays.add(millisUntilRun(i + 2));
    }
    long expected = 50;
    for (long delay : delays) {
      assertThat(delay).isBetween(expected, expected + expected / 5 + 1);
      expected = Math.min(expected * 2, 30_000);
    }

    end(12, new Outcome.RetryAfter(LONG));
    queue.add("a");
    timer.settle();
    fail(13);
    assertThat(millisUntilRun(15)).isBetween(50L, 61L);
  }

  @Test
  void failing_key_is_looked_at_early_but_cannot_spin_when_it_is_added_all_the_time() {
    queue.add("a");
    timer.settle();
    for (int i = 0; i < 10; i++) {
      fail(i);
      timer.pass(LONG);
    }
    fail(10);
    int before = runs.size();

    for (int millis = 0; millis < 1000; millis++) {
      queue.add("a");
      timer.pass(Duration.ofMillis(1));
      if (!runs.get(runs.size() - 1).isDone()) {
        fail(runs.size() - 1);
      }
    }
    assertThat(runs.size() - before).isBetween(15, 21);
  }

  @Test
  void key_that_waits_is_run_at_once_when_it_is_added() {
    queue.add("a");
    timer.settle();
    end(0, new Outcome.RetryAfter(Duration.ofMinutes(5)));
    timer.pass(Duration.ofMinutes(4));
    assertThat(runs).hasSize(1);

    queue.add("a");
    timer.settle();
    assertThat(runs).hasSize(2);
    end(1, new Outcome.RetryAfter(Duration.ofMinutes(5)));
    timer.pass(Duration.ofMinutes(5));
    assertThat(runs).hasSize(3);
  }

  @Test
  void key_runs_again_at_once_when_there_is_more_to_do() {
    queue.add("a");
    timer.settle();
    end(0, Outcome.AGAIN);
    assertThat(runs).hasSize(2);
    end(1, Outcome.DONE);
    assertThat(queue.size()).isZero();
  }

  @Test
  void work_that_throws_an_error_or_returns_nothing_counts_as_failed() {
    List<String> thrown = new ArrayList<>();
    WorkQueue<String> throwing =
        new WorkQueue<>("test", key -> broken(thrown, key), timer.executor(), timer, new Random(1));
    throwing.add("error");
    throwing.add("null");
    timer.pass(Duration.ofMillis(70));
    assertThat(thrown).containsExactlyInAnyOrder("error", "error", "null", "null");
  }

  @SuppressWarnings("NullAway") // what is tested
  private static CompletableFuture<Outcome> broken(List<String> thrown, String key) {
    thrown.add(key);
    if (key.equals("error")) {
      throw new NoClassDefFoundError("on purpose");
    }
    return null;
  }

  @Test
  void work_that_throws_counts_as_failed() {
    List<String> thrown = new ArrayList<>();
    WorkQueue<String> throwing =
        new WorkQueue<>(
            "test",
            key -> {
              thrown.add(key);
              throw new IllegalStateException("on purpose");
            },
            timer.executor(),
            timer,
            new Random(1));
    throwing.add("a");
    timer.pass(Duration.ofMillis(70));
    assertThat(thrown).hasSize(2);
  }

  @Test
  void close_looks_once_more_at_keys_that_were_added_during_their_run() {
    queue.add("a");
    timer.settle();
    queue.add("a");
    var closed = queue.close().toCompletableFuture();
    fail(0);
    timer.settle();
    assertThat(runs).hasSize(2);
    assertThat(closed).isNotDone();
    end(1, Outcome.AGAIN);
    assertThat(runs).hasSize(3);
    end(2, new Outcome.RetryAfter(LONG));
    assertThat(closed).isCompleted();
    assertThat(runs).hasSize(3);
  }

  @Test
  void close_looks_once_more_at_keys_that_were_added_just_after_a_failure() {
    queue.add("a");
    timer.settle();
    fail(0);
    queue.add("a");
    var closed = queue.close().toCompletableFuture();
    timer.settle();
    assertThat(runs).hasSize(2);
    assertThat(closed).isNotDone();
    fail(1);
    assertThat(closed).isCompleted();
  }

  @Test
  void close_waits_for_runs_and_drops_repetitions() {
    queue.add("running");
    timer.settle();
    queue.add("waiting");
    timer.settle();
    end(1, new Outcome.RetryAfter(Duration.ofSeconds(1)));
    queue.add("queued");

    var closed = queue.close().toCompletableFuture();
    queue.add("late");
    timer.pass(LONG);
    assertThat(runs).hasSize(3);
    assertThat(closed).isNotDone();
    runs.get(0).complete(Outcome.DONE);
    fail(2);
    assertThat(closed).isCompleted();
  }

  /**
   * Random adds, ends and times. What must hold: never two runs of a key at a time; an add is
   * always followed by the beginning of a run; at the end nothing is remembered.
   */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void no_key_runs_twice_at_a_time_and_no_add_is_lost_whatever_the_order(long seed) {
    Random random = new Random(seed);
    Map<Integer, CompletableFuture<Outcome>> running = new HashMap<>();
    Map<Integer, Integer> unseen = new HashMap<>();
    WorkQueue<Integer> any =
        new WorkQueue<>(
            "test",
            key -> {
              assertThat(running).as("seed %d", seed).doesNotContainKey(key);
              unseen.remove(key);
              CompletableFuture<Outcome> run = new CompletableFuture<>();
              running.put(key, run);
              return run;
            },
            timer.executor(),
            timer,
            random);

    for (int step = 0; step < 5000; step++) {
      int key = random.nextInt(7);
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          any.add(key);
          unseen.merge(key, 1, Integer::sum);
        }
        case 2 -> timer.pass(Duration.ofMillis(random.nextInt(100)));
        case 3 -> timer.settle();
        default -> endOne(running, key, random);
      }
    }
    for (int round = 0; round < 1000 && any.size() > 0; round++) {
      timer.pass(Duration.ofSeconds(40));
      for (int key = 0; key < 7; key++) {
        CompletableFuture<Outcome> run = running.remove(key);
        if (run != null) {
          run.complete(Outcome.DONE);
        }
      }
    }
    assertThat(unseen).as("seed %d: adds without a run after them", seed).isEmpty();
    assertThat(any.size()).as("seed %d: keys left", seed).isZero();
  }

  private static void endOne(
      Map<Integer, CompletableFuture<Outcome>> running, int key, Random random) {
    CompletableFuture<Outcome> run = running.remove(key);
    if (run == null) {
      return;
    }
    switch (random.nextInt(3)) {
      case 0 -> run.complete(Outcome.DONE);
      case 1 -> run.complete(new Outcome.RetryAfter(Duration.ofMillis(random.nextInt(500))));
      default -> run.completeExceptionally(new IllegalStateException("on purpose"));
    }
  }

  private CompletableFuture<Outcome> begin() {
    CompletableFuture<Outcome> run = new CompletableFuture<>();
    runs.add(run);
    return run;
  }

  private void end(int run, Outcome outcome) {
    runs.get(run).complete(outcome);
    timer.settle();
  }

  private void fail(int run) {
    runs.get(run).completeExceptionally(new IllegalStateException("on purpose"));
  }

  private long millisUntilRun(int number) {
    long millis = 0;
    while (runs.size() < number) {
      timer.pass(Duration.ofMillis(1));
      millis++;
    }
    return millis;
  }
}
