package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HeldBackTest {

  private final HeldBack held = new HeldBack();
  private final List<String> said = new ArrayList<>();

  HeldBackTest() {
    held.hold();
  }

  @Test
  @DisplayName("what_was_kept_is_handed_on_in_its_order_and_later_messages_are_not_kept")
  void order() {
    assertThat(held.keeps(() -> said.add("first"))).isTrue();
    assertThat(held.keeps(() -> said.add("second"))).isTrue();
    assertThat(said).isEmpty();
    assertThat(held.release()).isTrue();
    assertThat(said).containsExactly("first", "second");
    assertThat(held.keeps(() -> said.add("third"))).isFalse();
    assertThat(held.hold()).as("is of use again").isFalse();
  }

  @Test
  @DisplayName("what_is_held_twice_is_kept_until_both_have_let_go")
  void twice() {
    assertThat(held.hold()).isTrue();
    held.keeps(() -> said.add("first"));
    assertThat(held.release()).isFalse();
    assertThat(said).isEmpty();
    assertThat(held.keeps(() -> said.add("second"))).isTrue();
    assertThat(held.release()).isTrue();
    assertThat(said).containsExactly("first", "second");
  }

  @Test
  @DisplayName("message_that_comes_while_others_are_handed_on_waits_behind_them")
  void meanwhile() {
    held.keeps(
        () -> {
          said.add("first");
          assertThat(held.keeps(() -> said.add("last"))).isTrue();
        });
    held.keeps(() -> said.add("second"));
    held.release();
    assertThat(said).containsExactly("first", "second", "last");
  }
}
