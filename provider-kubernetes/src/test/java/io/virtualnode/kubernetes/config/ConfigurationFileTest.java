package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.virtualnode.kubernetes.config.PlacementSettings.Unfit;
import io.virtualnode.kubernetes.placement.Strategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationFileTest {

  @TempDir Path directory;

  @BeforeEach
  void writeKubeconfigs() {
    KubeconfigText.write(directory.resolve("a.kubeconfig"), "a");
    KubeconfigText.write(directory.resolve("b.kubeconfig"), "b");
  }

  @Test
  void everything_has_its_default_when_only_the_mandatory_is_given() throws Exception {
    var configuration = read("node: {name: grid}\nmembers: []\n");

    assertThat(configuration)
        .isEqualTo(
            new Configuration(
                new NodeSettings(
                    "grid",
                    Map.of(),
                    List.of(new Taint("NoSchedule", "virtualnode.io/provider", null, "kubernetes")),
                    Topology.AGGREGATE,
                    new InheritedLabels(Set.of(), Set.of()),
                    Optional.empty()),
                new ClusterAccess(Optional.empty(), Optional.empty()),
                Duration.ofSeconds(1),
                new PlacementSettings(
                    Strategy.PACK,
                    Unfit.HOLD,
                    Optional.empty(),
                    Duration.ofSeconds(30),
                    Optional.of(Duration.ofMinutes(1)),
                    1,
                    2),
                new FaultSettings(Duration.ofSeconds(40), Optional.empty(), 20),
                Optional.empty(),
                List.of()));
  }

  @Test
  void replicas_have_the_times_of_kubernetes_when_only_the_namespace_is_given() throws Exception {
    assertThat(read("node: {name: grid}\nmembers: []\nelection: {namespace: vnode}\n").replicas())
        .contains(
            new ReplicaSettings(
                "vnode", Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2)));
  }

  @Test
  void the_times_of_replicas_are_read() throws Exception {
    var yaml =
        "node: {name: grid}\nmembers: []\nelection: {namespace: vnode, leaseDuration: 6s,"
            + " renewDeadline: 4s, retryPeriod: 500ms}\n";
    assertThat(read(yaml).replicas())
        .contains(
            new ReplicaSettings(
                "vnode", Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofMillis(500)));
  }

  @Test
  void a_member_has_its_defaults_when_only_its_name_is_given() throws Exception {
    var configuration = read("node: {name: grid}\nmembers: [{name: site-a}]\n");

    assertThat(configuration.members())
        .containsExactly(
            new MemberSettings(
                "site-a",
                ClusterAccess.standard(),
                Optional.empty(),
                Map.of(),
                List.of(),
                Map.of(),
                new CapacitySource.Nodes(),
                1,
                false));
  }

  @Test
  void every_property_is_mapped() throws Exception {
    var configuration =
        read(
            """
            node:
              name: grid.example.org
              labels: {example.org/site: prague, empty: ''}
              taints:
              - {key: batch, value: "yes", effect: NoExecute}
              - {key: batch, effect: PreferNoSchedule}
              topology: per-node
              inheritLabels: {exclude: [example.org/rack], union: [gpu, example.org/cvmfs]}
              internalIp: 10.1.2.3
            primary: {kubeconfig: a.kubeconfig, context: other}
            maxAge: 1m30s
            placement:
              strategy: weighted
              unfit: reject
              failAfter: 10m
              takeBackAfter: 45s
              collect: {after: 2m, slots: 3, cores: 4}
            members:
            - name: site-b
              kubeconfig: b.kubeconfig
              context: admin
              namespace: atlas
              nodeSelector: {pool: batch}
              tolerations:
              - {key: gpu, operator: Exists, effect: NoSchedule}
              - {key: pool, value: batch}
              - {operator: Exists}
              headroom: {cpu: 0.50, memory: 16Gi, nvidia.com/gpu: "1"}
              capacity: {source: static, amounts: {cpu: 12, memory: 48Gi}}
              weight: 7
              drain: true
            """);

    assertThat(configuration.node())
        .isEqualTo(
            new NodeSettings(
                "grid.example.org",
                Map.of("example.org/site", "prague", "empty", ""),
                List.of(
                    new Taint("NoExecute", "batch", null, "yes"),
                    new Taint("PreferNoSchedule", "batch", null, null)),
                Topology.PER_NODE,
                new InheritedLabels(Set.of("example.org/rack"), Set.of("gpu", "example.org/cvmfs")),
                Optional.of("10.1.2.3")));
    assertThat(configuration.placement())
        .isEqualTo(
            new PlacementSettings(
                Strategy.WEIGHTED,
                Unfit.REJECT,
                Optional.of(Duration.ofMinutes(10)),
                Duration.ofSeconds(45),
                Optional.of(Duration.ofMinutes(2)),
                3,
                4));
    assertThat(configuration.primary())
        .isEqualTo(
            new ClusterAccess(
                Optional.of(directory.resolve("a.kubeconfig")), Optional.of("other")));
    assertThat(configuration.maxAge()).isEqualTo(Duration.ofSeconds(90));
    assertThat(configuration.member("site-b"))
        .contains(
            new MemberSettings(
                "site-b",
                new ClusterAccess(
                    Optional.of(directory.resolve("b.kubeconfig")), Optional.of("admin")),
                Optional.of("atlas"),
                Map.of("pool", "batch"),
                List.of(
                    new TolerationBuilder()
                        .withKey("gpu")
                        .withOperator("Exists")
                        .withEffect("NoSchedule")
                        .build(),
                    new TolerationBuilder()
                        .withKey("pool")
                        .withOperator("Equal")
                        .withValue("batch")
                        .build(),
                    new TolerationBuilder().withOperator("Exists").build()),
                Map.of(
                    "cpu", new Quantity("0.50"),
                    "memory", new Quantity("16", "Gi"),
                    "nvidia.com/gpu", new Quantity("1")),
                new CapacitySource.Static(
                    Map.of("cpu", new Quantity("12"), "memory", new Quantity("48", "Gi"))),
                7,
                true));
  }

  @Test
  void what_may_be_never_is_off_when_it_is() throws Exception {
    var placement =
        read("node: {name: grid}\nmembers: []\nplacement: {failAfter: never, collect: {after: never}}")
            .placement();

    assertThat(placement.failAfter()).isEmpty();
    assertThat(placement.collectAfter()).isEmpty();
    assertThat(placement.slotsAtOnce()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"nodes,true", "quota,false"})
  void a_source_of_capacity_is_known_by_its_name(String source, boolean seesNodes)
      throws Exception {
    var member =
        read("node: {name: grid}\nmembers: [{name: a, namespace: x, capacity: {source: "
                + source
                + "}}]")
            .members()
            .get(0);

    assertThat(member.capacity().seesNodes()).isEqualTo(seesNodes);
  }

  @Test
  void an_empty_list_of_taints_means_none() throws Exception {
    assertThat(read("node: {name: grid, taints: []}\nmembers: []\n").node().taints()).isEmpty();
  }

  @Test
  void a_relative_path_is_relative_to_the_file_and_not_to_the_process() throws Exception {
    Files.createDirectory(directory.resolve("conf"));
    var file = directory.resolve("conf/vnode.yaml");
    Files.writeString(
        file, "node: {name: grid}\nprimary: {kubeconfig: ../a.kubeconfig}\nmembers: []\n");

    assertThat(ConfigurationFile.read(file).primary().kubeconfig())
        .contains(directory.resolve("a.kubeconfig"));
  }

  @Test
  void an_alias_has_the_value_of_its_anchor() throws Exception {
    var configuration =
        read(
            """
            node: {name: grid}
            members:
            - {name: a, kubeconfig: a.kubeconfig, headroom: &spare {cpu: 2}}
            - {name: b, kubeconfig: b.kubeconfig, headroom: *spare}
            """);

    assertThat(configuration.members())
        .extracting(MemberSettings::headroom)
        .containsOnly(Map.of("cpu", new Quantity("2")));
  }

  @Test
  void two_members_may_share_a_cluster_when_their_namespaces_differ() throws Exception {
    var configuration =
        read(
            """
            node: {name: grid}
            members:
            - {name: a, kubeconfig: a.kubeconfig, namespace: one}
            - {name: b, kubeconfig: a.kubeconfig, namespace: two}
            """);

    assertThat(configuration.members()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"500ms, PT0.5S", "1s, PT1S", "2m, PT2M", "1h, PT1H", "1h2m3s4ms, PT1H2M3.004S"})
  void a_duration_is_read_in_each_unit(String text, Duration expected) throws Exception {
    assertThat(read("node: {name: grid}\nmembers: []\nmaxAge: " + text).maxAge())
        .isEqualTo(expected);
  }

  @Test
  void a_file_that_is_not_there_is_said_with_its_path() {
    var file = directory.resolve("none.yaml");

    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e -> assertThat(e.faults()).containsExactly("file not found: " + file));
  }

  @Test
  void a_file_that_is_not_text_is_said() throws Exception {
    var file = Files.write(directory.resolve("vnode.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe});

    var exception =
        catchThrowableOfType(ConfigurationException.class, () -> ConfigurationFile.read(file));

    assertThat(exception.faults()).containsExactly("not UTF-8 text: " + file);
    assertThat(exception).hasMessageContaining("vnode.yaml").hasMessageContaining("UTF-8");
  }

  private Configuration read(String yaml) throws Exception {
    return ConfigurationFile.read(Files.writeString(directory.resolve("vnode.yaml"), yaml));
  }
}
