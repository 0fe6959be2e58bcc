package io.virtualnode.kubernetes.member;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClusterIdentityTest {

  @Test
  @DisplayName("cluster_is_known_by_either_of_its_namespaces_and_by_no_other")
  void either() {
    var both = new ClusterIdentity("system", Optional.of("jobs"));
    assertThat(both.is("system")).isTrue();
    assertThat(both.is("jobs")).isTrue();
    assertThat(both.is("other")).isFalse();
    assertThat(new ClusterIdentity("system", Optional.empty()).is("jobs")).isFalse();
  }
}
