package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigurationChangeTest {

  private static final MemberSettings A = member("a", "1");
  private static final MemberSettings B = member("b", "1");
  private static final MemberSettings B2 = member("b", "2");
  private static final MemberSettings C = member("c", "1");

  @Test
  void equal_configurations_differ_in_nothing() {
    var change = ConfigurationChange.between(with(A, B), with(A, B));

    assertThat(change.isEmpty()).isTrue();
  }

  @Test
  void members_are_told_apart_by_name_when_added_removed_or_changed() {
    var change = ConfigurationChange.between(with(A, B), with(C, B2));

    assertThat(change)
        .isEqualTo(
            new ConfigurationChange(
                List.of(C),
                List.of(A),
                List.of(new ConfigurationChange.Changed(B, B2)),
                false,
                List.of()));
    assertThat(change.isEmpty()).isFalse();
  }

  @Test
  void the_order_of_members_does_not_matter() {
    assertThat(ConfigurationChange.between(with(A, B), with(B, A)).isEmpty()).isTrue();
  }

  @Test
  void node_and_primary_need_a_restart() {
    var before = with();
    var after =
        new Configuration(
            new NodeSettings("other", Map.of("a", "b"), List.of(), Optional.of("10.0.0.1")),
            ClusterAccess.of(Path.of("/primary")),
            before.maxAge(),
            List.of());

    var change = ConfigurationChange.between(before, after);

    assertThat(change.needsRestart())
        .containsExactly(
            "node.name: changed, takes effect at the next start",
            "node.labels: changed, takes effect at the next start",
            "node.taints: changed, takes effect at the next start",
            "node.internalIp: changed, takes effect at the next start",
            "primary: changed, takes effect at the next start");
    assertThat(change.isEmpty()).isFalse();
  }

  @Test
  void another_age_of_data_is_told() {
    var before = with(A);
    var after =
        new Configuration(before.node(), before.primary(), Duration.ofSeconds(5), before.members());

    var change = ConfigurationChange.between(before, after);

    assertThat(change.maxAgeChanged()).isTrue();
    assertThat(change.isEmpty()).isFalse();
  }

  @Test
  void a_member_does_not_become_another() {
    assertThatThrownBy(() -> new ConfigurationChange.Changed(A, B))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a cannot become b");
  }

  private static Configuration with(MemberSettings... members) {
    return new Configuration(
        NodeSettings.named("grid"),
        ClusterAccess.standard(),
        Configuration.DEFAULT_MAX_AGE,
        List.of(members));
  }

  private static MemberSettings member(String name, String cpuHeadroom) {
    return new MemberSettings(
        name,
        ClusterAccess.standard(),
        Optional.empty(),
        Map.of(),
        List.of(),
        Map.of("cpu", new Quantity(cpuHeadroom)));
  }
}
