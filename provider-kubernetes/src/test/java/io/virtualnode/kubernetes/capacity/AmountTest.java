package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Quantity;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every number here was computed by {@code resource.Quantity} of apimachinery v0.37.2 itself. */
class AmountTest {

  @DisplayName("exact_value_loses_nothing")
  @ParameterizedTest(name = "{0} = {1}")
  @CsvSource({
    "100m, 0.1",
    "1n, 0.000000001",
    "3u, 0.000003",
    "1.25Ki, 1280",
    "5e-2, 0.05",
    "9007199254740993, 9007199254740993",
    // the finest is a billionth, rounded up
    "1e-10, 0.000000001",
    "1.00000000000000000001, 1.000000001",
  })
  void exact(String quantity, String value) {
    assertThat(amount(quantity).exact()).isEqualByComparingTo(value);
  }

  @DisplayName("what_does_not_fit_64_bits_overflows_as_in_the_scheduler")
  @ParameterizedTest(name = "{0} -> {1} thousandths, {2} units")
  @CsvSource({
    "10P, 0, 10000000000000000",
    "10000000000000000, -8446744073709551616, 10000000000000000",
    "9223372036854775.807, 9223372036854775807, 9223372036854776",
    "9223372036854776, -9223372036854775616, 9223372036854776",
    "1e15, 1000000000000000000, 1000000000000000",
    "1e16, 0, 10000000000000000",
    "1e30, 0, 0",
    "100Pi, 1909526242005090304, 112589990684262400",
    "8Ei, -1000, 9223372036854775807",
    "16Ei, -1000, 9223372036854775807",
    "8E, 0, 8000000000000000000",
    "8000000000000000001, -5886927989945400344, 8000000000000000001",
    "9223372036854775807, -1000, 9223372036854775807",
    "9223372036854775808, 0, -9223372036854775808",
    "18446744073709551617, 1000, 1",
    "12345678901234567890, 4807115922877858896, -6101065172474983726",
    "0.0000000001, 1, 1",
    "-1.5, -1500, -2",
  })
  void overflow(String quantity, long millis, long units) {
    assertThat(amount(quantity).millis()).isEqualTo(millis);
    assertThat(amount(quantity).units()).isEqualTo(units);
  }

  @DisplayName("sum_is_exact_and_overflows_as_in_the_scheduler")
  @ParameterizedTest(name = "{0} -> {1} thousandths, {2} units")
  @CsvSource({
    "100m + 100m + 800m, 1000, 1",
    "1100m + 1100m, 2200, 3",
    "1Ki + 1, 1025000, 1025",
    "5P + 5P, 0, 10000000000000000",
    "9P + 1m, 9000000000000000001, 9000000000000001",
    "8E + 8E, 0, 0",
    "4Ei + 4Ei, 0, -9223372036854775808",
    "7Ei + 2Ei + 1, -9223372036854774808, -8070450532247928831",
    "9223372036854775807 + 1, 0, -9223372036854775808",
    "8000000000000000001 + 8000000000000000001, 6672888093818750928, -2446744073709551614",
    "9E + 1m, -2011107970261188607, 9000000000000000001",
    "1n + 1n, 1, 1",
  })
  void sum(String terms, long millis, long units) {
    var sum =
        Stream.of(terms.split(" \\+ ", -1))
            .map(AmountTest::amount)
            .reduce(Amount.ZERO, Amount::plus);
    assertThat(sum.millis()).isEqualTo(millis);
    assertThat(sum.units()).isEqualTo(units);
  }

  @DisplayName("amounts_are_compared_by_value_however_they_are_written")
  @Test
  void comparison() {
    assertThat(amount("1Ki")).isEqualTo(amount("1024")).hasSameHashCodeAs(amount("1024000m"));
    assertThat(amount("1k")).isLessThan(amount("1Ki")).isGreaterThan(amount("999999m"));
    assertThat(amount("8Ei")).isGreaterThan(amount("8E")).isNotEqualTo(amount("8E"));
    assertThat(amount("1").max(amount("2"))).isEqualTo(amount("2"));
    assertThat(amount("2").max(amount("1"))).isEqualTo(amount("2"));
    assertThat(amount("1.5Ki")).hasToString("1536");
  }

  private static Amount amount(String quantity) {
    return Amount.of(new Quantity(quantity));
  }
}
