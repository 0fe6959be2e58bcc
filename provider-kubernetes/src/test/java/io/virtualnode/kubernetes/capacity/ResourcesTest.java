package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.quantities;
import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ResourcesTest {

  private static final Resources SMALL = resources("cpu", "1", "memory", "2");
  private static final Resources GPU = resources("cpu", "500m", "nvidia.com/gpu", "1");

  @DisplayName("amount_is_0_when_the_resource_is_not_named")
  @Test
  void unnamed() {
    assertThat(SMALL.get("cpu")).isEqualTo(1000);
    assertThat(SMALL.get("nvidia.com/gpu")).isZero();
    assertThat(Resources.NONE.get("cpu")).isZero();
  }

  @DisplayName("nothing_results_when_the_api_lists_nothing")
  @Test
  void nothing() {
    assertThat(Resources.ofQuantities(null)).isEqualTo(Resources.NONE);
    assertThat(Resources.ofQuantities(Map.of())).isEqualTo(Resources.NONE);
  }

  @DisplayName("arithmetic_covers_the_names_of_both_sides")
  @Test
  void arithmetic() {
    assertThat(SMALL.plus(GPU))
        .isEqualTo(resources("cpu", "1500m", "memory", "2", "nvidia.com/gpu", "1"));
    assertThat(SMALL.minus(GPU))
        .isEqualTo(resources("cpu", "500m", "memory", "2", "nvidia.com/gpu", "-1"));
    assertThat(SMALL.max(GPU))
        .isEqualTo(resources("cpu", "1", "memory", "2", "nvidia.com/gpu", "1"));
    assertThat(SMALL.min(GPU)).isEqualTo(resources("cpu", "500m"));
    assertThat(SMALL.plus(Resources.NONE)).isSameAs(SMALL);
    assertThat(Resources.NONE.plus(SMALL)).isEqualTo(SMALL);
    assertThat(Resources.NONE.minus(SMALL)).isEqualTo(resources("cpu", "-1", "memory", "-2"));
  }

  @DisplayName("operands_stay_as_they_were")
  @Test
  void immutable() {
    SMALL.plus(GPU);
    SMALL.minus(GPU);
    SMALL.cappedBy(GPU);
    resources("cpu", "-1").nonNegative();
    assertThat(SMALL).isEqualTo(resources("cpu", "1", "memory", "2"));
  }

  @DisplayName("cap_applies_only_to_what_it_names")
  @Test
  void capped() {
    assertThat(SMALL.cappedBy(GPU)).isEqualTo(resources("cpu", "500m", "memory", "2"));
    assertThat(SMALL.cappedBy(resources("cpu", "0"))).isEqualTo(resources("memory", "2"));
    assertThat(SMALL.cappedBy(resources("cpu", "9"))).isEqualTo(SMALL);
  }

  @DisplayName("negative_amounts_are_raised_to_0")
  @Test
  void nonNegative() {
    assertThat(resources("cpu", "-1", "memory", "3").nonNegative())
        .isEqualTo(resources("memory", "3"));
  }

  @DisplayName("only_names_of_the_other_are_kept")
  @Test
  void namedBy() {
    assertThat(SMALL.namedBy(GPU).names()).containsExactly("cpu", "nvidia.com/gpu");
    assertThat(SMALL.namedBy(GPU)).isEqualTo(resources("cpu", "1"));
  }

  @DisplayName("request_fits_when_no_amount_exceeds_the_room_and_0_always_fits")
  @Test
  void fits() {
    assertThat(SMALL.fitsInto(SMALL)).isTrue();
    assertThat(SMALL.fitsInto(resources("cpu", "999m", "memory", "2"))).isFalse();
    assertThat(GPU.fitsInto(SMALL)).isFalse();
    assertThat(resources("nvidia.com/gpu", "0").fitsInto(SMALL)).isTrue();
    assertThat(resources("cpu", "0").fitsInto(resources("cpu", "-1"))).isTrue();
    assertThat(Resources.NONE.fitsInto(Resources.NONE)).isTrue();
  }

  @DisplayName("first_lacking_resource_is_named_by_its_name")
  @Test
  void lacking() {
    assertThat(GPU.lackingIn(SMALL)).containsExactly("nvidia.com/gpu");
    assertThat(SMALL.lackingIn(Resources.NONE)).containsExactly("cpu", "memory");
    assertThat(SMALL.lackingIn(SMALL)).isEmpty();
  }

  @DisplayName("equal_means_equal_amounts_whether_or_not_a_0_is_named")
  @Test
  void equality() {
    var withZero = resources("cpu", "1", "memory", "2", "pods", "0");
    assertThat(withZero).isEqualTo(SMALL).hasSameHashCodeAs(SMALL);
    assertThat(SMALL).isEqualTo(withZero).isNotEqualTo(GPU).isNotEqualTo("cpu");
    assertThat(resources("pods", "0")).isEqualTo(Resources.NONE).hasSameHashCodeAs(Resources.NONE);
  }

  @DisplayName("quantities_come_back_when_written_and_read_again")
  @Test
  void roundTrip() {
    var written = quantities("cpu", "1500m", "memory", "1073741824", "pods", "110");
    assertThat(Resources.ofQuantities(written).toQuantities()).isEqualTo(written);
    assertThat(resources("memory", "1Gi").toQuantities())
        .isEqualTo(quantities("memory", "1073741824"));
  }

  @DisplayName("text_shows_what_people_write")
  @Test
  void text() {
    assertThat(resources("memory", "2", "cpu", "1500m")).hasToString("{cpu=1500m, memory=2}");
  }
}
