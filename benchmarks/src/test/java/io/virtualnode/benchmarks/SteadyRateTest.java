package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SteadyRateTest {

  private static final int FAST = 1000;

  private final List<Integer> begun = new CopyOnWriteArrayList<>();

  private CompletableFuture<Void> answered(int number) {
    begun.add(number);
    return CompletableFuture.completedFuture(null);
  }

  @Test
  void each_is_begun_once_in_its_order() {
    SteadyRate.atRate(5, FAST, 5000, this::answered);

    assertThat(begun).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void the_first_failure_is_the_failure_of_the_run() {
    assertThatThrownBy(
            () ->
                SteadyRate.atRate(
                    5,
                    FAST,
                    5000,
                    i ->
                        i < 2
                            ? answered(i)
                            : CompletableFuture.failedFuture(
                                new IllegalStateException("403 of " + i))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("403 of 2");
  }

  @Test
  void a_request_that_cannot_even_be_begun_is_a_failure_too() {
    assertThatThrownBy(
            () ->
                SteadyRate.atRate(
                    5,
                    FAST,
                    5000,
                    i -> {
                      throw new IllegalArgumentException("no pod " + i);
                    }))
        .hasMessageContaining("no pod 0");
  }

  @Test
  void what_is_never_answered_is_waited_for_in_bounds() {
    assertThatThrownBy(
            () ->
                SteadyRate.atRate(
                    5, FAST, 100, i -> i < 3 ? answered(i) : new CompletableFuture<Void>()))
        .hasMessage("3 of 5 requests were answered");
  }
}
