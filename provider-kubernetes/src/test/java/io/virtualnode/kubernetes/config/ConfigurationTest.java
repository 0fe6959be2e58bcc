package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.virtualnode.kubernetes.placement.Strategy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigurationTest {

  private static final NodeSettings NODE = NodeSettings.named("grid");
  private static final ClusterAccess ACCESS = ClusterAccess.standard();
  private static final MemberSettings MEMBER = MemberSettings.named("a", ACCESS);

  static Stream<Arguments> impossible() {
    return Stream.of(
        row("maxAge: is shorter than 100ms", () -> configuration(Duration.ZERO, List.of())),
        row(
            "two members are named a",
            () ->
                configuration(
                    Duration.ofSeconds(1),
                    List.of(MemberSettings.named("a", ACCESS), MemberSettings.named("a", ACCESS)))),
        row("name: \"A\" is not a node name", () -> NodeSettings.named("A")),
        row("labels: \"a b\"", () -> NODE.withLabels(Map.of("a b", ""))),
        row("labels: \"c d\"", () -> NODE.withLabels(Map.of("a", "c d"))),
        row("internalIp: \"x\"", () -> NODE.withInternalIp("x")),
        row(
            "taints: \"Never\"",
            () -> NODE.withTaints(List.of(new Taint("Never", "a", null, null)))),
        row(
            "taints: a taint has no key",
            () -> NODE.withTaints(List.of(new Taint("NoExecute", null, null, "")))),
        row(
            "context x without a kubeconfig",
            () -> new ClusterAccess(Optional.empty(), Optional.of("x"))),
        row(
            "kubeconfig x is not absolute",
            () -> new ClusterAccess(Optional.of(Path.of("x")), Optional.empty())),
        row("name: \"a.b\" is not a DNS label", () -> MemberSettings.named("a.b", ACCESS)),
        row("namespace: \"A\"", () -> MEMBER.withNamespace("A")),
        row("nodeSelector: \"-\"", () -> MEMBER.withNodeSelector(Map.of("-", ""))),
        row(
            "headroom: \"-1\" is negative",
            () -> MEMBER.withHeadroom(Map.of("cpu", new Quantity("-1")))),
        row(
            "tolerations: operator Exists takes no value",
            () ->
                MEMBER.withTolerations(
                    List.of(
                        new TolerationBuilder()
                            .withKey("k")
                            .withOperator("Exists")
                            .withValue("v")
                            .build()))),
        row("weight: is negative", () -> MEMBER.withWeight(-1)),
        row(
            "capacity: without nodes needs a namespace",
            () -> MEMBER.withCapacity(new CapacitySource.Quota(Map.of()))),
        row(
            "amounts: \"-1\" is negative",
            () -> new CapacitySource.Static(Map.of("cpu", new Quantity("-1")))),
        row("union: a is excluded, too", () -> new InheritedLabels(Set.of("a"), Set.of("a"))),
        row(
            "takeBackAfter: is not longer than zero",
            () -> PlacementSettings.DEFAULT.withTakeBackAfter(Duration.ZERO)),
        row("slotsAtOnce: is less than 1", () -> collecting(0, 1)),
        row("wideCores: is less than 1", () -> collecting(1, 0)));
  }

  private static PlacementSettings collecting(int slotsAtOnce, int wideCores) {
    return new PlacementSettings(
        Strategy.PACK,
        PlacementSettings.Unfit.HOLD,
        Optional.empty(),
        Duration.ofSeconds(1),
        Optional.empty(),
        slotsAtOnce,
        wideCores);
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void a_value_that_a_cluster_would_refuse_is_refused(String message, ThrowingCallable creation) {
    assertThatThrownBy(creation)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void a_configuration_does_not_change_when_the_list_it_was_made_from_does() {
    var members = new ArrayList<>(List.of(MemberSettings.named("a", ACCESS)));
    var configuration = configuration(Duration.ofSeconds(1), members);

    members.clear();

    assertThat(configuration.members()).hasSize(1);
  }

  @Test
  void an_access_says_which_file_and_context_it_is() {
    assertThat(ACCESS).hasToString("standard access");
    assertThat(ClusterAccess.of(Path.of("/k"))).hasToString("/k");
    assertThat(new ClusterAccess(Optional.of(Path.of("/k")), Optional.of("c")))
        .hasToString("/k (context c)");
  }

  private static Configuration configuration(Duration maxAge, List<MemberSettings> members) {
    return Configuration.of(NODE, ACCESS, members).withMaxAge(maxAge);
  }

  private static Arguments row(String message, ThrowingCallable creation) {
    return Arguments.of(message, creation);
  }
}
