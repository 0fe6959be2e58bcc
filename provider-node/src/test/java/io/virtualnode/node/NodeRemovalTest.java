package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.api.NodeReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NodeRemovalTest {

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final NodeDescription description = NodeDescription.builder("v").build();
  private final NodeRemoval removal = new NodeRemoval(description, primary, primary, timer);

  @Test
  void node_without_pods_is_removed_after_a_moment_in_which_none_may_come() {
    stands();
    var removed = removal.run().toCompletableFuture();
    timer.pass(Duration.ofMillis(400));
    assertThat(taints()).contains(NodeRemoval.TAINT_KEY);
    assertThat(primary.requests).doesNotContain("LIST pods");
    timer.pass(Duration.ofSeconds(1));
    assertThat(removed).isCompletedWithValue(true);
    assertThat(primary.nodes).isEmpty();
  }

  @Test
  void node_with_a_pod_stays_as_it_was() {
    List<Taint> before = stands().getSpec().getTaints();
    primary.put(TestPods.pod("a"));
    assertThat(run()).isFalse();
    assertThat(requireNonNull(primary.nodes.get("v")).getSpec().getTaints()).isEqualTo(before);
    assertThat(primary.requests).doesNotContain("DELETE node");
  }

  @Test
  void node_that_somebody_else_changes_meanwhile_is_read_again() {
    stands();
    primary.refuse("PATCH node", 409, 409);
    assertThat(run()).isTrue();
    assertThat(primary.nodes).isEmpty();
  }

  @Test
  void pods_of_daemon_sets_go_with_the_node() {
    stands();
    primary.put(TestPods.ownedBy(TestPods.pod("a"), "DaemonSet"));
    assertThat(run()).isTrue();
  }

  @Test
  void node_of_somebody_else_is_left_alone_and_an_absent_one_is_no_failure() {
    assertThat(run()).isTrue();
    primary.put(
        new NodeBuilder().withNewMetadata().withName("v").withUid("m").endMetadata().build());
    assertThat(run()).isFalse();
    assertThat(primary.requests).containsOnly("GET node");
  }

  @Test
  void node_stays_when_the_primary_does_not_say_what_is_on_it() {
    stands();
    primary.refuse("LIST pods", 0);
    assertThat(run()).isFalse();
    assertThat(primary.nodes).containsKey("v");
  }

  @Test
  void taint_that_was_left_behind_is_taken_off_by_the_next_process() {
    stands();
    primary.refuse("LIST pods", 0);
    assertThat(run()).isFalse();
    assertThat(taints()).contains(NodeRemoval.TAINT_KEY);
    Node left = requireNonNull(primary.nodes.get("v"));
    Map<String, Object> patch = new NodeObject(description).metadataPatch(left, true).orElseThrow();
    assertThat(patch.get("spec")).isEqualTo(Map.of("taints", description.taints()));
  }

  private boolean run() {
    var removed = removal.run().toCompletableFuture();
    timer.pass(Duration.ofSeconds(2));
    return removed.join();
  }

  private Node stands() {
    NodeReport report = NodeReport.ready(Map.of("cpu", new Quantity("1")));
    Node node = new NodeObject(description).create(report, timer.now());
    return primary.put(new NodeBuilder(node).editMetadata().withUid("u").endMetadata().build());
  }

  private List<String> taints() {
    return requireNonNull(primary.nodes.get("v")).getSpec().getTaints().stream()
        .map(Taint::getKey)
        .toList();
  }
}
