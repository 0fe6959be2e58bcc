package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigurationChangeTest {

  private static final Configuration BEFORE =
      new Configuration(
          NodeSettings.named("grid"),
          ClusterAccess.standard(),
          Configuration.DEFAULT_MAX_AGE,
          List.of(MemberSettings.named("a", ClusterAccess.standard())));

  @Test
  void members_and_the_age_of_data_need_no_restart() {
    var after =
        new Configuration(
            BEFORE.node(),
            BEFORE.primary(),
            Duration.ofSeconds(5),
            List.of(MemberSettings.named("b", ClusterAccess.standard())));

    assertThat(ConfigurationChange.needingRestart(BEFORE, after)).isEmpty();
  }

  @Test
  void node_and_primary_need_a_restart() {
    var after =
        new Configuration(
            new NodeSettings("other", Map.of("a", "b"), List.of(), Optional.of("10.0.0.1")),
            ClusterAccess.of(Path.of("/primary")),
            BEFORE.maxAge(),
            BEFORE.members());

    assertThat(ConfigurationChange.needingRestart(BEFORE, after))
        .containsExactly("node.name", "node.labels", "node.taints", "node.internalIp", "primary");
  }
}
