package io.virtualnode.kubernetes.delegate;

import static io.virtualnode.kubernetes.capacity.Given.quantities;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DelegateStatusTest {

  @DisplayName("status_is_the_members_own")
  @Test
  void own() {
    var status =
        new PodStatusBuilder()
            .withPhase("Failed")
            .withReason("Evicted")
            .withMessage("The node was low on resource: memory.")
            .withStartTime("2026-01-02T03:04:05Z")
            .withHostIP("10.0.0.1")
            .addNewHostIP("10.0.0.1")
            .withPodIP("10.1.0.1")
            .addNewPodIP("10.1.0.1")
            .withQosClass("Burstable")
            .addToAllocatedResources(quantities("cpu", "1"))
            .withNewResources()
            .addToRequests(quantities("cpu", "1"))
            .endResources()
            .addNewInitContainerStatus()
            .withName("init")
            .endInitContainerStatus()
            .addNewContainerStatus()
            .withName("main")
            .withRestartCount(4)
            .withNewState()
            .withNewTerminated()
            .withExitCode(137)
            .withReason("OOMKilled")
            .endTerminated()
            .endState()
            .endContainerStatus()
            .addNewEphemeralContainerStatus()
            .withName("debug")
            .endEphemeralContainerStatus()
            .build();
    assertThat(of(status)).isEqualTo(status);
  }

  @DisplayName("what_belongs_to_the_member_alone_is_left_out")
  @Test
  void leftOut() {
    var status =
        new PodStatusBuilder()
            .withPhase("Pending")
            .withNominatedNodeName("n1")
            .withObservedGeneration(7L)
            .addNewResourceClaimStatus()
            .withName("gpu")
            .endResourceClaimStatus()
            .build();
    assertThat(of(status)).isEqualTo(new PodStatusBuilder().withPhase("Pending").build());
  }

  @DisplayName("conditions_stay_but_for_their_generation")
  @Test
  void conditions() {
    var ready = condition("Ready", "False");
    ready.setReason("ContainersNotReady");
    ready.setObservedGeneration(7L);
    var disrupted = condition("DisruptionTarget", "True");
    assertThat(conditionsOf(ready, disrupted))
        .containsExactly(
            new PodConditionBuilder(ready).withObservedGeneration(null).build(), disrupted);
  }

  @DisplayName("scheduling_by_the_member_shows_under_a_name_of_its_own")
  @Test
  void scheduled() {
    var unscheduled = condition("PodScheduled", "False");
    unscheduled.setReason("Unschedulable");
    unscheduled.setMessage("0/3 nodes are available");
    assertThat(conditionsOf(unscheduled))
        .containsExactly(
            new PodConditionBuilder(unscheduled)
                .withType("virtualnode.io/DelegateScheduled")
                .build());
    assertThat(conditionsOf(condition("PodScheduled", "True")))
        .containsExactly(condition("virtualnode.io/DelegateScheduled", "True"));
  }

  @DisplayName(
      "delegate_that_is_yet_to_be_started_tells_nothing_and_one_that_waits_for_a_node_does")
  @Test
  void gated() {
    var waiting = condition("PodScheduled", "False");
    waiting.setReason("SchedulingGated");
    var pod =
        new PodBuilder()
            .withNewSpec()
            .endSpec()
            .withNewStatus()
            .withPhase("Pending")
            .withConditions(waiting)
            .endStatus()
            .build();
    assertThat(DelegateStatus.isTelling(pod)).isTrue();
    pod.getSpec().setSchedulingGates(List.of(StartGate.gate()));
    assertThat(StartGate.isShut(pod)).isTrue();
    assertThat(DelegateStatus.isTelling(pod)).isFalse();
    pod.getSpec().setSchedulingGates(List.of(new PodSchedulingGate("example.org/theirs")));
    assertThat(DelegateStatus.isTelling(pod)).isTrue();
  }

  @DisplayName("intent_that_a_member_stores_on_our_delegate_is_not_shown_as_ours")
  @Test
  void chained() {
    var theirs = new Intent("theirs", "uid", 0, "n1").toCondition();
    assertThat(conditionsOf(theirs, condition("Ready", "True")))
        .containsExactly(condition("Ready", "True"));
  }

  @DisplayName("no_condition_is_listed_twice_when_a_member_has_one_of_ours")
  @Test
  void unique() {
    var scheduled = condition(DelegateStatus.SCHEDULED, "False");
    assertThat(conditionsOf(scheduled, condition("PodScheduled", "True")))
        .containsExactly(scheduled);
    for (var order :
        new PodCondition[][] {
          {scheduled, condition("PodScheduled", "Unknown")},
          {condition("PodScheduled", "Unknown"), scheduled}
        }) {
      assertThat(conditionsOf(order))
          .containsExactly(condition(DelegateStatus.SCHEDULED, "Unknown"));
    }
  }

  @DisplayName("status_without_conditions_stays_without")
  @Test
  void noConditions() {
    var status = new PodStatusBuilder().withPhase("Running").build();
    status.setConditions(null);
    assertThat(of(status).getConditions()).isEmpty();
  }

  @DisplayName("delegates_status_is_not_changed_when_it_is_read")
  @Test
  void notMutated() {
    var condition = condition("PodScheduled", "False");
    condition.setObservedGeneration(7L);
    var status = new PodStatusBuilder().withConditions(condition).build();
    var before = new PodStatusBuilder(status).build();
    of(status);
    assertThat(status).isEqualTo(before);
  }

  @DisplayName("waiting_proxy_is_pending_with_a_reason")
  @Test
  void pending() {
    assertThat(DelegateStatus.pending("WaitingForSlot", "0/3 nodes"))
        .isEqualTo(
            new PodStatusBuilder()
                .withPhase("Pending")
                .withReason("WaitingForSlot")
                .withMessage("0/3 nodes")
                .build());
  }

  @DisplayName("proxy_without_a_node_says_so_as_a_scheduler_says_it_and_takes_it_back_with_a_node")
  @Test
  void unplaced() {
    var status = DelegateStatus.unplaced("WaitingForSlot", "0/3 nodes");
    assertThat(status.getReason()).isEqualTo("WaitingForSlot");
    assertThat(status.getConditions())
        .containsExactly(
            new PodConditionBuilder()
                .withType("virtualnode.io/DelegateScheduled")
                .withStatus("False")
                .withReason("WaitingForSlot")
                .withMessage("0/3 nodes")
                .build());
    assertThat(DelegateStatus.pending().getConditions()).isEmpty();
  }

  @DisplayName("lost_delegate_is_failed_with_its_containers_as_last_seen_and_its_readiness_unknown")
  @Test
  void lost() {
    var last =
        new PodStatusBuilder()
            .withPhase("Running")
            .withStartTime("2026-01-02T03:04:05Z")
            .addNewContainerStatus()
            .withName("main")
            .endContainerStatus()
            .build();
    assertThat(DelegateStatus.lost(last, "DelegateLost", "gone"))
        .isEqualTo(
            new PodStatusBuilder(last)
                .withPhase("Failed")
                .withReason("DelegateLost")
                .withMessage("gone")
                .build());
    assertThat(last.getPhase()).isEqualTo("Running");
    var ready =
        new PodStatusBuilder(last)
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .addNewCondition()
            .withType("Initialized")
            .withStatus("True")
            .endCondition()
            .build();
    assertThat(DelegateStatus.lost(ready, "DelegateLost", "gone").getConditions())
        .extracting(condition -> condition.getType() + "=" + condition.getStatus())
        .containsExactly("Ready=Unknown", "Initialized=True");
    assertThat(DelegateStatus.lost(null, "DelegateLost", "gone").getPhase()).isEqualTo("Failed");
  }

  @DisplayName("only_succeeded_and_failed_are_ends")
  @Test
  void terminal() {
    assertThat(DelegateStatus.isTerminal("Succeeded")).isTrue();
    assertThat(DelegateStatus.isTerminal("Failed")).isTrue();
    for (var phase : new String[] {"Pending", "Running", "Unknown", "", null}) {
      assertThat(DelegateStatus.isTerminal(phase)).as("%s", phase).isFalse();
    }
  }

  private static List<PodCondition> conditionsOf(PodCondition... conditions) {
    return of(new PodStatusBuilder().withConditions(conditions).build()).getConditions();
  }

  private static PodStatus of(PodStatus status) {
    Pod delegate = new PodBuilder().withNewMetadata().endMetadata().withStatus(status).build();
    return DelegateStatus.of(delegate);
  }

  private static PodCondition condition(String type, String status) {
    return new PodConditionBuilder().withType(type).withStatus(status).build();
  }
}
