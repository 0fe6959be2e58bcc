package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LeaseClaimTest {

  private static final KubernetesSerialization JSON = new KubernetesSerialization();
  private static final Instant NOON = Instant.parse("2030-01-01T12:00:00.123456Z");

  @Test
  void what_is_written_is_what_is_read() {
    LeaseClaim claim =
        new LeaseClaim("a", 15, NOON, NOON.plusSeconds(1), 3).renewed(15, NOON.plusSeconds(2));
    LeaseSpec read = JSON.unmarshal(JSON.asJson(claim.spec()), LeaseSpec.class);
    assertThat(LeaseClaim.of(read)).isEqualTo(claim);
  }

  @Test
  void lease_without_a_word_is_released() {
    assertThat(LeaseClaim.of(null)).isEqualTo(new LeaseClaim("", 0, null, null, 0));
    assertThat(LeaseClaim.of(new LeaseSpec()).isReleased()).isTrue();
  }

  @Test
  void taking_counts_a_transition_and_renewing_keeps_since_when() {
    LeaseClaim taken = new LeaseClaim("a", 15, NOON, NOON, 3).takenBy("b", 20, NOON.plusSeconds(9));
    assertThat(taken)
        .isEqualTo(new LeaseClaim("b", 20, NOON.plusSeconds(9), NOON.plusSeconds(9), 4));
    LeaseClaim renewed = taken.renewed(21, NOON.plusSeconds(11));
    assertThat(renewed)
        .isEqualTo(new LeaseClaim("b", 21, NOON.plusSeconds(9), NOON.plusSeconds(11), 4));
  }

  @Test
  void giving_up_is_written_as_client_go_does() {
    LeaseClaim released = new LeaseClaim("a", 15, NOON, NOON, 3).released(NOON.plusSeconds(5));
    assertThat(released.isReleased()).isTrue();
    assertThat(released.spec())
        .isEqualTo(
            Map.of(
                "holderIdentity", "",
                "leaseDurationSeconds", 1,
                "acquireTime", "2030-01-01T12:00:05.123456Z",
                "renewTime", "2030-01-01T12:00:05.123456Z",
                "leaseTransitions", 3));
  }

  @Test
  void lease_of_nobody_that_was_not_given_up_is_not_released() {
    assertThat(LeaseClaim.vacant(15, 3, NOON).isReleased()).isFalse();
    assertThat(LeaseClaim.vacant(15, 3, NOON).spec()).doesNotContainKey("acquireTime");
  }

  @Test
  void every_claim_differs_from_the_one_before_though_the_clock_was_set_back() {
    LeaseClaim claim = new LeaseClaim("a", 15, NOON, NOON, 3);
    LeaseClaim next = claim.renewed(15, NOON.minusSeconds(3600));
    assertThat(next).isNotEqualTo(claim);
    assertThat(requireNonNull(next.renewed())).isAfter(NOON);
  }
}
