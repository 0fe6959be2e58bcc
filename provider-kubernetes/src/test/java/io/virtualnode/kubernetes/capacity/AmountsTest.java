package io.virtualnode.kubernetes.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AmountsTest {

  @DisplayName("cpu_reads_as_thousandths_rounded_up")
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({
    "0, 0",
    "1, 1000",
    "900m, 900",
    "1.5, 1500",
    "0.5, 500",
    ".5, 500",
    "100m, 100",
    "1.5m, 2",
    "0.0001, 1",
    "1u, 1",
    "1n, 1",
    "1001u, 2",
    "2e3, 2000000",
    "2E3, 2000000",
    "1e-3, 1",
    "1e-4, 1",
    "1k, 1000000",
    "1Ki, 1024000",
    "+5, 5000",
    "999999999999999, 999999999999999000",
    "1000000000000000, 1000000000000000000",
    "-1, -1000",
    "-0.0001, -1",
  })
  void cpu(String quantity, long millis) {
    assertThat(Amounts.of("cpu", new Quantity(quantity))).isEqualTo(millis);
  }

  @DisplayName("everything_else_reads_as_whole_units_rounded_up")
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({
    "0, 0",
    "1, 1",
    "100m, 1",
    "1000m, 1",
    "1001m, 2",
    "1.5, 2",
    "2e3, 2000",
    "1Ki, 1024",
    "1.5Ki, 1536",
    "0.3Ki, 308",
    "1k, 1000",
    "2M, 2000000",
    "128Mi, 134217728",
    "1Gi, 1073741824",
    "1G, 1000000000",
    "1Ti, 1099511627776",
    "1T, 1000000000000",
    "1Pi, 1125899906842624",
    "1P, 1000000000000000",
    "1E, 1000000000000000000",
    // fabric8's own reading keeps 16 digits only
    "1Ei, 1152921504606846976",
    "100Pi, 112589990684262400",
    "9007199254740993, 9007199254740993",
    "9223372036854775807, 9223372036854775807",
    "16Ei, 9223372036854775807",
  })
  void others(String quantity, long units) {
    assertThat(Amounts.of("memory", new Quantity(quantity))).isEqualTo(units);
    assertThat(Amounts.of("nvidia.com/gpu", new Quantity(quantity))).isEqualTo(units);
  }

  @DisplayName("quantity_with_a_separate_suffix_reads_the_same")
  @Test
  void separateSuffix() {
    assertThat(Amounts.of("cpu", new Quantity("250", "m"))).isEqualTo(250);
    assertThat(Amounts.of("memory", new Quantity("2", "Gi"))).isEqualTo(2L << 30);
  }

  @DisplayName("amount_comes_back_when_written_and_read_again")
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 999, 1000, 1001, 1500, 64000, 123456789, -1, -1500})
  void roundTrip(long amount) {
    for (var resource : new String[] {"cpu", "memory", "pods", "nvidia.com/gpu"}) {
      assertThat(Amounts.of(resource, Amounts.toQuantity(resource, amount))).isEqualTo(amount);
    }
  }

  @DisplayName("cpu_is_written_in_cores_when_they_are_whole_and_in_millis_otherwise")
  @Test
  void written() {
    assertThat(Amounts.toQuantity("cpu", 2000)).hasToString("2");
    assertThat(Amounts.toQuantity("cpu", 1500)).hasToString("1500m");
    assertThat(Amounts.toQuantity("memory", 1500)).hasToString("1500");
  }

  @DisplayName("quantity_is_refused_when_it_is_none")
  @Test
  void malformed() {
    assertThatThrownBy(() -> Amounts.of("cpu", new Quantity()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Amounts.of("cpu", new Quantity("1", "Zi")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
