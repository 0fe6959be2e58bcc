package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UidTest {

  private static final String CANONICAL = "0f8fad5b-d9cb-469f-a165-70867728950e";

  @DisplayName("uid_of_kubernetes_is_kept_as_two_numbers_and_given_back_as_it_was")
  @Test
  void canonical() {
    assertThat(Uid.of(CANONICAL)).isEqualTo(UUID.fromString(CANONICAL)).hasToString(CANONICAL);
  }

  @DisplayName("any_other_text_is_kept_as_it_is_so_that_no_two_are_taken_for_one")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "pod-1",
        "0F8FAD5B-D9CB-469F-A165-70867728950E",
        "0f8fad5b-d9cb-469f-a165-70867728950",
        "0f8fad5b-d9cb-469f-a165-70867728950ef",
        "0f8fad5b-d9cb-469f-a165_70867728950e",
        "0f8fad5bd-9cb-469f-a165-70867728950e",
        "0f8fad5b-d9cb-469f-a165-7086772895-e",
        "gf8fad5b-d9cb-469f-a165-70867728950e",
      })
  void other(String text) {
    assertThat(Uid.of(text)).isEqualTo(text);
  }
}
