package io.virtualnode.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.virtualnode.api.ProviderException.Reason;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProviderExceptionTest {

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({
    "UNAVAILABLE, 503",
    "NOT_FOUND, 404",
    "REJECTED, 422",
    "CONFLICT, 409",
    "INVALID, 400",
  })
  void reason_decides_the_http_status(Reason reason, int status) {
    assertThat(reason.httpStatus()).isEqualTo(status);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void no_reason_reads_as_success(Reason reason) {
    assertThat(reason.httpStatus()).isBetween(400, 599);
  }

  @Test
  void words_for_the_pod_are_general_when_none_are_given() {
    var plain = new ProviderException(Reason.NOT_FOUND, "no such pod");
    assertThat(plain).hasMessage("no such pod").hasNoCause();
    assertThat(plain.reason()).isEqualTo(Reason.NOT_FOUND);
    assertThat(plain.podReason()).isEqualTo("ProviderFailed");
    var cause = new IllegalStateException("down");
    assertThat(new ProviderException(Reason.UNAVAILABLE, "away", cause)).hasCause(cause);
  }

  @Test
  void words_for_the_pod_are_kept_when_given() {
    var exception = new ProviderException(Reason.REJECTED, "OutOfcpu", "8 cores wanted");
    assertThat(exception.podReason()).isEqualTo("OutOfcpu");
    assertThat(exception).hasMessage("8 cores wanted").hasNoCause();
    var cause = new IllegalStateException("down");
    assertThat(new ProviderException(Reason.REJECTED, "OutOfcpu", "8 cores wanted", cause))
        .hasCause(cause);
  }

  @SuppressWarnings("NullAway") // what is tested
  @Test
  void reason_and_words_may_not_be_missing() {
    assertThatNullPointerException()
        .isThrownBy(() -> new ProviderException(null, "message"))
        .withMessage("reason is null");
    assertThatNullPointerException()
        .isThrownBy(() -> new ProviderException(Reason.INVALID, null))
        .withMessage("message is null");
    assertThatNullPointerException()
        .isThrownBy(() -> new ProviderException(Reason.INVALID, null, "message", null))
        .withMessage("podReason is null");
  }
}
