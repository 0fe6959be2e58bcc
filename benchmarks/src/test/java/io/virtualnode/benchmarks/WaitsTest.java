package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WaitsTest {

  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void it_is_asked_until_it_holds_and_no_longer() {
    Waits.until("third time", 10, () -> asked.incrementAndGet() == 3, () -> "");

    assertThat(asked).hasValue(3);
  }

  @Test
  void what_never_holds_fails_with_the_diagnosis() {
    assertThatThrownBy(() -> Waits.until("rain", 0, () -> false, () -> "the sun shines"))
        .hasMessageContaining("rain: not within 0 s")
        .hasMessageContaining("the sun shines");
  }

  @Test
  void what_the_condition_throws_ends_the_wait() {
    assertThatThrownBy(
            () ->
                Waits.until(
                    "rain",
                    60,
                    () -> {
                      throw new IllegalStateException("vnode has ended");
                    },
                    () -> ""))
        .hasMessageContaining("rain: ")
        .hasMessageContaining("vnode has ended");
  }
}
