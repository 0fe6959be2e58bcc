package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.virtualnode.api.NodeReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NodeControllerTest {

  private static final Duration SOON = Duration.ofMillis(100);

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final Counters counters = new Counters();
  private final LeaseKeeper lease =
      new LeaseKeeper("v", primary, 0.5, timer.executor(), timer, counters);
  private final NodeController controller =
      new NodeController(
          NodeDescription.builder("v").build(),
          primary,
          lease,
          0.5,
          timer.executor(),
          timer,
          counters);

  @Test
  void node_is_registered_once_its_name_is_free_its_pods_known_and_its_provider_has_reported() {
    controller.start();
    timer.pass(SOON);
    assertThat(controller.checked().toCompletableFuture()).isCompleted();
    controller.report(report(1));
    timer.pass(SOON);
    assertThat(primary.nodes).isEmpty();
    controller.podsSynced();
    timer.pass(SOON);
    assertThat(controller.ready().toCompletableFuture()).isCompleted();
    assertThat(cpu()).isEqualTo("1");
    assertThat(primary.leases).containsKey("v");
  }

  @Test
  void nothing_is_asked_before_the_start_and_what_was_said_by_then_counts() {
    controller.report(report(3));
    controller.describe(description -> description.withLabels(Map.of("a", "b")));
    timer.pass(SOON);
    assertThat(primary.requests).isEmpty();
    controller.start();
    controller.podsSynced();
    timer.pass(SOON);
    assertThat(cpu()).isEqualTo("3");
    assertThat(stored().getMetadata().getLabels()).containsEntry("a", "b");
  }

  @Test
  void check_is_repeated_when_the_primary_does_not_answer() {
    primary.refuse("GET node", 0, 503);
    controller.start();
    timer.pass(Duration.ofSeconds(1));
    assertThat(controller.checked().toCompletableFuture()).isCompleted();
  }

  @Test
  void node_of_a_machine_is_left_alone_and_ends_this_one() {
    primary.put(node("machine", Map.of()));
    start();
    assertThat(reasonOfEnd()).isEqualTo(NodeException.Reason.NAME_TAKEN);
    assertThat(controller.checked().toCompletableFuture()).isNotDone();
    assertThat(primary.requests).containsOnly("GET node");
  }

  @Test
  void status_is_written_four_times_a_second_at_most_and_the_last_report_always() {
    start();
    long before = counters.nodeStatusWrites.sum();
    for (int i = 1; i <= 1000; i++) {
      controller.report(report(i));
      timer.pass(Duration.ofMillis(1));
    }
    timer.pass(SOON.plus(NodeController.SPACING));
    assertThat(counters.nodeStatusWrites.sum() - before).isBetween(4L, 6L);
    assertThat(cpu()).isEqualTo("1000");
  }

  @Test
  void stage_of_a_report_completes_when_the_primary_has_it_and_not_before() {
    start();
    timer.pass(Duration.ofSeconds(5));
    primary.refuse("PATCH node status", 503);
    var stored = controller.report(report(7)).toCompletableFuture();
    timer.pass(Duration.ofMillis(2));
    assertThat(stored).isNotDone();
    timer.pass(Duration.ofSeconds(2));
    assertThat(cpu()).isEqualTo("7");
    assertThat(stored).isCompleted();
    var unchanged = controller.report(report(7)).toCompletableFuture();
    timer.pass(Duration.ofSeconds(1));
    assertThat(unchanged).isCompleted();
  }

  @Test
  void first_change_is_written_at_once() {
    start();
    timer.pass(Duration.ofSeconds(5));
    controller.report(report(7));
    timer.pass(Duration.ofMillis(2));
    assertThat(cpu()).isEqualTo("7");
  }

  @Test
  void unchanged_status_is_written_every_five_minutes() {
    start();
    long before = counters.nodeStatusWrites.sum();
    timer.pass(Duration.ofMinutes(16));
    assertThat(counters.nodeStatusWrites.sum() - before).isEqualTo(3);
    assertThat(primary.count("PATCH node")).isZero();
  }

  @Test
  void node_that_somebody_deleted_is_created_again_at_once_with_a_lease_of_its_own() {
    start();
    Node first = stored();
    primary.nodes.clear();
    controller.deleted(withVersion(first, primary.nextVersion()));
    timer.pass(SOON);
    assertThat(uid(stored())).isNotEqualTo(uid(first));
    assertThat(cpu()).isEqualTo("1");
    assertThat(requireNonNull(primary.leases.get("v")).getMetadata().getOwnerReferences())
        .extracting(OwnerReference::getUid)
        .containsExactly(uid(stored()));
  }

  @Test
  void node_that_is_created_again_has_the_marks_of_others_of_this_softwares_names() {
    List<String> told = new ArrayList<>();
    controller.onSeen(
        node -> told.add(node.getMetadata().getAnnotations().get("virtualnode.io/drain")));
    start();
    Node marked = withVersion(stored(), primary.nextVersion());
    marked.getMetadata().getAnnotations().put("virtualnode.io/drain", "a");
    primary.put(marked);
    controller.seen(marked);
    primary.nodes.clear();
    controller.deleted(withVersion(marked, primary.nextVersion()));
    timer.pass(SOON);
    assertThat(uid(stored())).isNotEqualTo(uid(marked));
    assertThat(stored().getMetadata().getAnnotations())
        .containsEntry("virtualnode.io/drain", "a")
        .containsKey("virtualnode.io/applied");
    assertThat(told).startsWith((String) null).endsWith("a", "a");
  }

  @Test
  void late_news_of_the_deleted_node_does_not_hide_the_new_one() {
    start();
    Node first = stored();
    primary.nodes.clear();
    controller.deleted(withVersion(first, primary.nextVersion()));
    timer.pass(SOON);
    Node second = stored();
    controller.seen(first);
    controller.report(report(9));
    timer.pass(Duration.ofSeconds(1));

    assertThat(uid(stored())).isEqualTo(uid(second));
    assertThat(cpu()).isEqualTo("9");
    assertThat(primary.count("GET node")).isEqualTo(1); // no patch went astray
  }

  @Test
  void label_that_somebody_took_off_comes_back() {
    start();
    controller.seen(primary.put(node(uid(stored()), Map.of("site", "a"))));
    timer.pass(SOON.plus(NodeController.SPACING));
    assertThat(NodeObject.isManaged(stored())).isTrue();
    assertThat(stored().getMetadata().getLabels()).containsEntry("site", "a");
    assertThat(controller.failed().toCompletableFuture()).isNotDone();

    controller.report(report(5));
    timer.pass(Duration.ofSeconds(1));
    assertThat(cpu()).isEqualTo("5");
  }

  @Test
  void node_of_somebody_else_in_place_of_ours_ends_the_lease_and_this_node() {
    start();
    primary.put(node("machine", Map.of()));
    controller.report(report(5));
    timer.pass(Duration.ofSeconds(1));

    assertThat(reasonOfEnd()).isEqualTo(NodeException.Reason.NAME_TAKEN);
    assertThat(stored().getStatus().getAllocatable()).isEmpty();
    int before = primary.requests.size();
    controller.report(report(6));
    timer.pass(Duration.ofMinutes(10));
    assertThat(primary.requests).hasSize(before);
  }

  @Test
  void node_that_is_malformed_is_not_tried_again() {
    primary.refuse("POST node", 422);
    start();
    assertThat(reasonOfEnd()).isEqualTo(NodeException.Reason.INVALID);
    timer.pass(Duration.ofMinutes(10));
    assertThat(primary.count("POST node")).isEqualTo(1);
  }

  @Test
  void node_is_created_when_the_right_to_comes_late() {
    primary.refuse("POST node", 403, 403);
    start();
    timer.pass(Duration.ofSeconds(1));
    assertThat(controller.ready().toCompletableFuture()).isCompleted();
  }

  @Test
  void status_that_is_refused_is_tried_again_and_another_one_gets_through() {
    start();
    primary.refuse("PATCH node status", 422);
    controller.report(report(5));
    timer.pass(Duration.ofSeconds(1));
    assertThat(cpu()).isEqualTo("5");
    assertThat(controller.failed().toCompletableFuture()).isNotDone();
  }

  @Test
  void condition_of_the_provider_goes_when_it_is_no_longer_reported() {
    start();
    Map<String, Quantity> one = report(1).allocatable();
    NodeCondition link = new NodeCondition();
    link.setType("x.io/Link");
    link.setStatus("True");
    controller.report(new NodeReport(one, one, true, "", List.of(link)));
    timer.pass(Duration.ofSeconds(1));
    assertThat(types()).contains("x.io/Link");
    controller.report(report(1));
    timer.pass(Duration.ofSeconds(1));
    assertThat(types()).hasSize(4).doesNotContain("x.io/Link");
  }

  @Test
  void labels_and_taints_follow_the_description_a_few_times_a_second_at_most() {
    start();
    for (int i = 1; i <= 1000; i++) {
      Map<String, String> labels = Map.of("n", String.valueOf(i));
      controller.describe(description -> description.withLabels(labels));
      timer.pass(Duration.ofMillis(1));
    }
    controller.describe(description -> description.withTaints(List.of()));
    timer.pass(Duration.ofSeconds(1));
    assertThat(stored().getMetadata().getLabels()).containsEntry("n", "1000");
    assertThat(stored().getSpec().getTaints()).isEmpty();
    assertThat(primary.count("PATCH node")).isLessThan(8);
    controller.describe(description -> description.withLabels(Map.of()));
    timer.pass(Duration.ofSeconds(1));
    assertThat(stored().getMetadata().getLabels()).doesNotContainKey("n");
  }

  @Test
  void taint_that_somebody_took_off_stays_off_until_the_description_of_them_changes() {
    start();
    Node without = new NodeBuilder(stored()).editSpec().withTaints().endSpec().build();
    controller.seen(primary.put(without));
    controller.describe(description -> description.withLabels(Map.of("a", "b")));
    timer.pass(Duration.ofSeconds(1));
    assertThat(stored().getSpec().getTaints()).isEmpty();
    Taint other = new Taint("NoSchedule", "other", null, null);
    controller.describe(description -> description.withTaints(List.of(other)));
    timer.pass(Duration.ofSeconds(1));
    assertThat(stored().getSpec().getTaints()).containsExactly(other);
  }

  private void start() {
    controller.start();
    controller.report(report(1));
    controller.podsSynced();
    timer.pass(SOON);
  }

  private NodeException.Reason reasonOfEnd() {
    return requireNonNull(controller.failed().toCompletableFuture().getNow(null)).reason();
  }

  private Node stored() {
    return requireNonNull(primary.nodes.get("v"));
  }

  private String cpu() {
    return requireNonNull(stored().getStatus().getAllocatable().get("cpu")).getAmount();
  }

  private List<String> types() {
    return stored().getStatus().getConditions().stream().map(NodeCondition::getType).toList();
  }

  private static String uid(Node node) {
    return node.getMetadata().getUid();
  }

  private static Node node(String uid, Map<String, String> labels) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName("v")
        .withUid(uid)
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .endSpec()
        .withNewStatus()
        .endStatus()
        .build();
  }

  private static Node withVersion(Node node, String version) {
    return new NodeBuilder(node).editMetadata().withResourceVersion(version).endMetadata().build();
  }

  private static NodeReport report(int cpus) {
    return NodeReport.ready(Map.of("cpu", new Quantity(String.valueOf(cpus))));
  }
}
