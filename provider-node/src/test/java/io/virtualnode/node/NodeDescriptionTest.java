package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.api.NodeReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NodeDescriptionTest {

  @Test
  void everything_but_the_name_has_a_default() {
    NodeDescription node = NodeDescription.builder("v").build();
    assertThat(node.labels()).isEmpty();
    assertThat(node.taints())
        .containsExactly(new Taint("NoSchedule", "virtualnode.io/provider", null, "virtualnode"));
    assertThat(node.addresses()).containsExactly(new NodeAddress("v", "Hostname"));
    assertThat(node.operatingSystem()).isEqualTo("linux");
    assertThat(node.kubeletPort()).isEmpty();
  }

  @Test
  void all_faults_are_said_at_once_each_with_its_place() {
    NodeDescription.Builder builder =
        NodeDescription.builder("Not A Name")
            .kubeletPort(70_000)
            .internalIp("1.2.3")
            .labels(Map.of("a b", "x"))
            .labels(Map.of("zone", "über"))
            .annotations(Map.of("/x", "anything goes"))
            .architecture("?")
            .taints(
                List.of(
                    new Taint("Never", "k", null, "v"),
                    new Taint("NoSchedule", "", null, "-"),
                    new Taint("NoSchedule", "twice", null, null),
                    new Taint("NoSchedule", "twice", null, "other")));

    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .satisfies(
            e ->
                assertThat(
                        requireNonNull(e.getMessage())
                            .lines()
                            .map(line -> line.replaceAll(": .*", "")))
                    .containsExactlyInAnyOrder(
                        "name",
                        "labels",
                        "labels[zone]",
                        "annotations",
                        "taints[0].effect",
                        "taints[1].key",
                        "taints[1].value",
                        "taints[3]",
                        "InternalIP",
                        "architecture",
                        "kubeletPort"));
  }

  @Test
  void what_an_earlier_process_described_is_kept_and_what_others_put_there_is_not() {
    NodeDescription before =
        NodeDescription.builder("v")
            .labels(Map.of("zone", "z1", "own", "old"))
            .taints(
                List.of(
                    new Taint("NoSchedule", "gpu", null, "yes"),
                    new Taint("NoSchedule", NodeRemoval.TAINT_KEY, null, null)))
            .build();
    Node node = new NodeObject(before).create(NodeReport.ready(Map.of()), Instant.EPOCH);
    node.getMetadata().getLabels().put("foreign", "x");
    node.getSpec().setTaints(new ArrayList<>(node.getSpec().getTaints()));
    node.getSpec().getTaints().add(new Taint("NoExecute", "foreign", null, null));

    NodeDescription after =
        NodeDescription.builder("v").labels(Map.of("own", "new")).keeping(node).build();

    assertThat(after.labels()).isEqualTo(Map.of("zone", "z1", "own", "new"));
    assertThat(after.taints())
        .extracting(Taint::getKey)
        .containsExactly(NodeDescription.DEFAULT_TAINT_KEY, "gpu");
  }

  @Test
  void missing_name_is_a_fault() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NodeDescription.Builder().build())
        .withMessage("name: a node must have one");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a-b.c-d", "0", "n.example.com"})
  void dns_subdomain_is_a_name(String name) {
    assertThat(NodeDescription.builder(name).build().name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-a", "a-", "a..b", "A", "a_b", ".", "a/b"})
  void anything_else_is_none(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NodeDescription.builder(name).build())
        .withMessageStartingWith("name: ");
  }

  @Test
  void name_that_is_too_long_for_a_label_is_none() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NodeDescription.builder("n".repeat(64)).build());
    assertThat(NodeDescription.builder("n".repeat(63)).build().name()).hasSize(63);
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "2001:db8::1", "::1"})
  void ip_of_either_family_is_an_address(String ip) {
    assertThat(NodeDescription.builder("v").internalIp(ip).build().addresses()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.256", "2001:db8::1::2", "example.com", "", "1:2"})
  void anything_else_is_no_address(String ip) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NodeDescription.builder("v").internalIp(ip).build())
        .withMessageStartingWith("InternalIP: is no IP");
  }
}
