package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigurationTest {

  private static final NodeSettings NODE = NodeSettings.named("grid");
  private static final ClusterAccess ACCESS = ClusterAccess.standard();

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
        row("labels: \"a b\"", () -> node(Map.of("a b", ""), List.of(), Optional.empty())),
        row("labels: \"c d\"", () -> node(Map.of("a", "c d"), List.of(), Optional.empty())),
        row("internalIp: \"x\"", () -> node(Map.of(), List.of(), Optional.of("x"))),
        row(
            "taints: \"Never\"",
            () -> node(Map.of(), List.of(new Taint("Never", "a", null, null)), Optional.empty())),
        row(
            "taints: a taint has no key",
            () ->
                node(Map.of(), List.of(new Taint("NoExecute", null, null, "")), Optional.empty())),
        row(
            "context x without a kubeconfig",
            () -> new ClusterAccess(Optional.empty(), Optional.of("x"))),
        row(
            "kubeconfig x is not absolute",
            () -> new ClusterAccess(Optional.of(Path.of("x")), Optional.empty())),
        row("name: \"a.b\" is not a DNS label", () -> MemberSettings.named("a.b", ACCESS)),
        row("namespace: \"A\"", () -> member(Optional.of("A"), Map.of(), Map.of())),
        row("nodeSelector: \"-\"", () -> member(Optional.empty(), Map.of("-", ""), Map.of())),
        row(
            "headroom: \"-1\" is negative",
            () -> member(Optional.empty(), Map.of(), Map.of("cpu", new Quantity("-1")))),
        row(
            "tolerations: operator Exists takes no value",
            () ->
                new MemberSettings(
                    "a",
                    ACCESS,
                    Optional.empty(),
                    Map.of(),
                    List.of(
                        new TolerationBuilder()
                            .withKey("k")
                            .withOperator("Exists")
                            .withValue("v")
                            .build()),
                    Map.of())));
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
    return new Configuration(NODE, ACCESS, maxAge, members);
  }

  private static NodeSettings node(
      Map<String, String> labels, List<Taint> taints, Optional<String> internalIp) {
    return new NodeSettings("grid", labels, taints, internalIp);
  }

  private static MemberSettings member(
      Optional<String> namespace, Map<String, String> selector, Map<String, Quantity> headroom) {
    return new MemberSettings("a", ACCESS, namespace, selector, List.of(), headroom);
  }

  private static Arguments row(String message, ThrowingCallable creation) {
    return Arguments.of(message, creation);
  }
}
