package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.placement.Strategy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigurationChangeTest {

  private static final Configuration BEFORE =
      Configuration.of(
          NodeSettings.named("grid"),
          ClusterAccess.standard(),
          List.of(MemberSettings.named("a", ClusterAccess.standard())));

  @Test
  void members_and_the_age_of_data_need_no_restart() {
    var after =
        BEFORE
            .withMaxAge(Duration.ofSeconds(5))
            .withMembers(List.of(MemberSettings.named("b", ClusterAccess.standard())));

    assertThat(ConfigurationChange.needingRestart(BEFORE, after)).isEmpty();
  }

  @Test
  void nodes_need_a_restart_and_how_the_primary_is_reached_does_not() {
    var after =
        Configuration.of(
                NodeSettings.named("other")
                    .withLabels(Map.of("a", "b"))
                    .withTaints(List.of())
                    .withTopology(Topology.PER_NODE)
                    .withInheritedLabels(new InheritedLabels(Set.of("c"), Set.of()))
                    .withInternalIp("10.0.0.1"),
                ClusterAccess.of(Path.of("/primary")),
                BEFORE.members())
            .withPlacement(
                PlacementSettings.DEFAULT
                    .withStrategy(Strategy.SPREAD)
                    .withUnfit(PlacementSettings.Unfit.REJECT)
                    .withFailAfter(Optional.of(Duration.ofSeconds(1)))
                    .withTakeBackAfter(Duration.ofSeconds(1))
                    .withCollectAfter(Optional.empty()))
            .withReplicas(Optional.of(ReplicaSettings.in("vnode")));

    assertThat(ConfigurationChange.needingRestart(BEFORE, after))
        .containsExactly(
            "node.name",
            "node.labels",
            "node.taints",
            "node.topology",
            "node.inheritLabels",
            "node.internalIp",
            "placement.strategy",
            "election");
  }
}
