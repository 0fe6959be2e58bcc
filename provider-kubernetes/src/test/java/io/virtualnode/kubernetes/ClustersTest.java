package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.virtualnode.kubernetes.config.CapacitySource;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.node.ApiClients;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Members that reach nothing: which clusters they are is said by the test. */
class ClustersTest {

  private static final ClusterIdentity ONE = new ClusterIdentity("one", Optional.empty());
  private static final ClusterIdentity TWO = new ClusterIdentity("two", Optional.empty());

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("test"));
  private final Members members =
      new Members(
          settings ->
              ApiClients.client(new ConfigBuilder().withMasterUrl("https://127.0.0.1:1").build()),
          new DeafListener(),
          timer);
  private final Clusters clusters = new Clusters(members);

  @AfterEach
  void close() {
    members.close();
    timer.shutdownNow();
  }

  @Test
  @DisplayName("cluster_that_is_a_member_already_is_refused_under_a_second_name")
  void twoNames() {
    configure(seeing("a"), seeing("b"), seeing("c"));
    assertThat(objection("a", ONE)).isEmpty();
    assertThat(objection("b", TWO)).isEmpty();
    assertThat(objection("c", ONE).orElseThrow())
        .startsWith("member c reaches the same cluster as member a (one)");
    assertThat(objection("a", ONE)).as("the first one may ask again").isEmpty();
    configure(seeing("b"), seeing("c"));
    assertThat(clusters.claim(member("c"), ONE).predecessor()).contains("a");
  }

  @Test
  @DisplayName("cluster_is_the_same_by_either_of_its_uids")
  void eitherUid() {
    configure(seeing("a"), tenant("b", "ns"));
    assertThat(objection("a", new ClusterIdentity("kube", Optional.of("ns-uid")))).isEmpty();
    assertThat(objection("b", new ClusterIdentity("ns-uid", Optional.empty()))).isPresent();
    assertThat(objection("b", new ClusterIdentity("x", Optional.of("kube")))).isPresent();
    assertThat(objection("b", new ClusterIdentity("x", Optional.of("y")))).isEmpty();
  }

  @Test
  @DisplayName("two_namespaces_of_one_cluster_are_two_members_if_neither_sees_nodes")
  void tenants() {
    configure(tenant("a", "ns1"), tenant("b", "ns2"), tenant("c", "ns1"), seeing("d"));
    assertThat(objection("a", new ClusterIdentity("1", Optional.of("kube")))).isEmpty();
    assertThat(objection("b", new ClusterIdentity("2", Optional.of("kube")))).isEmpty();
    assertThat(objection("c", new ClusterIdentity("1", Optional.of("kube")))).isPresent();
    assertThat(objection("d", new ClusterIdentity("kube", Optional.empty()))).isPresent();
  }

  @Test
  @DisplayName("retired_member_is_not_followed_by_one_that_does_not_see_all_of_its_delegates")
  void blindSuccessor() {
    configure(seeing("a"), tenant("b", "ns1"));
    assertThat(objection("a", ONE)).isEmpty();
    configure(tenant("b", "ns1"));
    assertThat(members.isRetired("a")).isTrue();
    assertThat(objection("b", new ClusterIdentity("ns", Optional.of("one"))).orElseThrow())
        .contains("does not see all of its delegates");
    members.dismiss("a");
    assertThat(objection("b", new ClusterIdentity("ns", Optional.of("one")))).isEmpty();
  }

  @Test
  @DisplayName("member_that_is_connected_anew_gives_its_cluster_up")
  void anew() {
    configure(seeing("a"), seeing("b"));
    assertThat(objection("a", ONE)).isEmpty();
    configure(seeing("a").withNamespace("other"), seeing("b"));
    assertThat(objection("b", ONE)).isEmpty();
    assertThat(objection("a", TWO)).isEmpty();
  }

  private Optional<String> objection(String member, ClusterIdentity identity) {
    return clusters.claim(member(member), identity).objection();
  }

  private Member member(String name) {
    return members.find(name).orElseThrow();
  }

  private void configure(MemberSettings... settings) {
    members.configure(List.of(settings), Duration.ofSeconds(60));
  }

  private static MemberSettings seeing(String name) {
    return MemberSettings.named(name, ClusterAccess.of(Path.of("unused")));
  }

  private static MemberSettings tenant(String name, String namespace) {
    return seeing(name).withNamespace(namespace).withCapacity(new CapacitySource.Quota(Map.of()));
  }
}
