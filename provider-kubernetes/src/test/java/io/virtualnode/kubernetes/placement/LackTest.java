package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LackTest {

  @DisplayName("lack_is_in_thousandths_of_the_request_rounded_up")
  @ParameterizedTest(name = "{0} of {1} -> {2}")
  @CsvSource({
    "8, 8, 0",
    "8, 9, 0",
    "0, -5, 0",
    "8, 6, 250",
    "8, 0, 1000",
    "8, -8, 2000",
    "3, 2, 334",
    "1000000, 999999, 1",
    "9223372036854775807, 0, 1000",
    "9223372036854775807, -1, 9223372036854775807",
    "9000000000000000000, 4500000000000000000, 500",
  })
  void lack(long requested, long room, long lack) {
    assertThat(Lack.of(requested, room)).isEqualTo(lack);
  }

  @DisplayName("lack_never_grows_with_the_room_however_large_the_amounts")
  @Test
  void monotone() {
    var random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      long requested = random.nextLong() >>> (1 + random.nextInt(62));
      long room = random.nextLong() >> random.nextInt(62);
      long more = room + (random.nextLong() >>> (1 + random.nextInt(62)));
      if (more >= room) {
        assertThat(Lack.of(requested, more))
            .as("%d of %d and %d", requested, room, more)
            .isLessThanOrEqualTo(Lack.of(requested, room));
      }
    }
  }

  @DisplayName("greatest_lack_of_any_resource_counts")
  @Test
  void greatest() {
    assertThat(
            Lack.of(
                resources("cpu", "4", "memory", "10", "gpu", "0"),
                resources("cpu", "3", "memory", "4")))
        .isEqualTo(600);
  }
}
