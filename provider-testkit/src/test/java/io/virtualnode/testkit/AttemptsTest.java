package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AttemptsTest {

  private final List<String> done = new ArrayList<>();

  @Test
  @DisplayName("every step is tried, the first failure is thrown and tells of the others")
  void allAreTried() {
    assertThatThrownBy(
            () -> Attempts.all(step("a"), failing("b"), step("c"), failing("d"), step("e")))
        .hasMessage("b")
        .satisfies(e -> assertThat(e.getSuppressed()).extracting("message").containsExactly("d"));
    assertThat(done).containsExactly("a", "c", "e");
  }

  @Test
  @DisplayName(
      "clusters that have started are all stopped when another has not, though a stop fails")
  void parallelStart() {
    assertThatThrownBy(
            () ->
                ParallelStart.<String>of(
                    List.of(() -> "one", AttemptsTest::noStart, () -> "two", AttemptsTest::noStart),
                    started -> {
                      done.add(started);
                      throw new IllegalStateException("no stop of " + started);
                    }))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("no start")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting("message")
                    .containsExactly(
                        "a cluster did not start: java.lang.IllegalArgumentException: no start",
                        "no stop of one"));
    assertThat(done).containsExactly("one", "two");
  }

  private static String noStart() {
    throw new IllegalArgumentException("no start");
  }

  private Runnable step(String name) {
    return () -> done.add(name);
  }

  private static Runnable failing(String name) {
    return () -> {
      throw new IllegalStateException(name);
    };
  }
}
