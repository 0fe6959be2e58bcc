package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ElectionSettingsTest {

  private static final ElectionSettings DEFAULTS = ElectionSettings.of("ns", "vnode.example");

  @Test
  void times_are_those_of_kubernetes_components() {
    assertThat(DEFAULTS.leaseDuration()).isEqualTo(Duration.ofSeconds(15));
    assertThat(DEFAULTS.renewDeadline()).isEqualTo(Duration.ofSeconds(10));
    assertThat(DEFAULTS.retryPeriod()).isEqualTo(Duration.ofSeconds(2));
    assertThat(DEFAULTS.requestTimeout()).isLessThan(DEFAULTS.renewDeadline());
  }

  @Test
  void times_may_be_as_near_to_each_other_as_clocks_allow() {
    ElectionSettings near =
        DEFAULTS.timed(Duration.ofSeconds(12), Duration.ofSeconds(10), Duration.ofSeconds(5));
    assertThat(near.leaseSeconds()).isEqualTo(12);
    assertThat(near.lease()).isEqualTo("vnode.example");
  }

  @Test
  void all_faults_are_listed_at_once() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new ElectionSettings(
                    "Name Space",
                    "-lease",
                    Duration.ofMillis(11_999),
                    Duration.ofSeconds(10),
                    Duration.ofMillis(5_001)))
        .withMessageContaining("namespace: is no name of a namespace: Name Space")
        .withMessageContaining("lease: is no DNS subdomain: -lease")
        .withMessageContaining("leaseDuration: is not a number of whole seconds")
        .withMessageContaining("leaseDuration: is less than 1.2 times renewDeadline")
        .withMessageContaining("renewDeadline: is less than two times retryPeriod");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.timed(Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO))
        .withMessageContaining("retryPeriod: is less than a millisecond");
  }
}
