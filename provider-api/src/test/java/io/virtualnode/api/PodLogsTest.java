package io.virtualnode.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.virtualnode.api.PodLogs.Options;
import io.virtualnode.api.PodLogs.Stream;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PodLogsTest {

  private static final OptionalLong NONE = OptionalLong.empty();

  @Test
  void whole_log_is_all_of_both_outputs() {
    assertThat(Options.all()).isEqualTo(options(NONE, NONE, Stream.ALL));
  }

  @Test
  void no_line_and_no_limit_may_be_asked_for_but_nothing_below() {
    assertThat(options(OptionalLong.of(0), OptionalLong.of(1), Stream.ALL)).isNotNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(OptionalLong.of(-1), NONE, Stream.ALL))
        .withMessage("tailLines is negative: -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(NONE, OptionalLong.of(0), Stream.ALL))
        .withMessage("limitBytes is below 1: 0");
  }

  @Test
  void lines_cannot_be_counted_in_one_output_alone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(OptionalLong.of(5), NONE, Stream.STDERR))
        .withMessage("tailLines cannot be had of Stderr");
  }

  @Test
  void stream_is_read_as_the_api_writes_it() {
    for (Stream stream : Stream.values()) {
      assertThat(Stream.of(stream.word())).isEqualTo(stream);
    }
    assertThat(Stream.of(null)).isEqualTo(Stream.ALL);
    assertThat(Stream.of("")).isEqualTo(Stream.ALL);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Stream.of("stdout"))
        .withMessageContaining("stdout");
  }

  private static Options options(OptionalLong tailLines, OptionalLong limitBytes, Stream stream) {
    return new Options(false, false, false, tailLines, limitBytes, Optional.empty(), stream);
  }
}
