package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class StatusMergeTest {

  private static final String BEFORE = "2026-01-01T00:00:00Z";
  private static final Instant NOW = Instant.parse("2026-02-02T00:00:00.5Z");
  private static final String NOW_STORED = "2026-02-02T00:00:00Z";

  private final StatusMerge merge = new StatusMerge(3L, Set.of(), NOW);

  @Test
  void nothing_changes_when_nothing_was_pushed() {
    PodStatus stored = scheduled();
    assertThat(merge.merge(stored, null, List.of())).isSameAs(stored);
  }

  @Test
  void fields_that_the_provider_leaves_out_are_removed() {
    PodStatus stored =
        new PodStatusBuilder(scheduled()).withReason("Old").withPodIP("10.0.0.1").build();
    PodStatus merged = merge.merge(stored, phase("Running"), List.of());
    assertThat(merged.getReason()).isNull();
    assertThat(merged.getPodIP()).isNull();
  }

  @Test
  void what_the_primary_owns_stays_when_a_member_says_otherwise() {
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .withQosClass("Guaranteed")
            .withNominatedNodeName("other")
            .addToConditions(condition("example.com/gate", "True", BEFORE))
            .build();
    PodStatus pushed =
        new PodStatusBuilder(phase("Running"))
            .withQosClass("Burstable")
            .addToConditions(condition("PodScheduled", "False", NOW_STORED))
            .build();

    PodStatus merged = merge.merge(stored, pushed, List.of());

    assertThat(merged.getQosClass()).isEqualTo("Guaranteed");
    assertThat(merged.getNominatedNodeName()).isEqualTo("other");
    assertThat(merged.getConditions()).isEqualTo(stored.getConditions());
  }

  @Test
  void conditions_of_a_kubelet_go_when_the_provider_drops_them_and_those_of_others_stay() {
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .addToConditions(condition("Ready", "True", BEFORE))
            .addToConditions(condition("virtualnode.io/Delegate", "True", BEFORE))
            .build();
    assertThat(merge.merge(stored, phase("Failed"), List.of()).getConditions())
        .extracting(PodCondition::getType)
        .containsExactly("PodScheduled", "virtualnode.io/Delegate");
  }

  @Test
  void transition_time_moves_only_when_the_status_turns() {
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .addToConditions(condition("Ready", "False", BEFORE))
            .build();
    PodStatus same =
        new PodStatusBuilder(phase("Running"))
            .addToConditions(condition("Ready", "False", NOW_STORED))
            .build();
    PodStatus turned =
        new PodStatusBuilder(phase("Running"))
            .addToConditions(condition("Ready", "True", null))
            .build();

    assertThat(ready(merge.merge(stored, same, List.of())).getLastTransitionTime())
        .isEqualTo(BEFORE);
    assertThat(ready(merge.merge(stored, turned, List.of())).getLastTransitionTime())
        .isEqualTo(NOW_STORED);
  }

  @Test
  void generation_of_the_proxy_is_said_to_be_observed_not_that_of_the_delegate() {
    PodStatus pushed =
        new PodStatusBuilder(phase("Running"))
            .withObservedGeneration(77L)
            .addToConditions(
                new PodConditionBuilder(condition("Ready", "True", null))
                    .withObservedGeneration(77L)
                    .build())
            .build();
    PodStatus merged = merge.merge(scheduled(), pushed, List.of());
    assertThat(merged.getObservedGeneration()).isEqualTo(3L);
    assertThat(ready(merged).getObservedGeneration()).isEqualTo(3L);
  }

  @Test
  void terminal_phase_never_changes_but_a_record_is_still_kept() {
    PodStatus stored = new PodStatusBuilder(scheduled()).withPhase("Failed").build();
    assertThat(merge.merge(stored, phase("Running"), List.of())).isSameAs(stored);

    PodStatus recorded =
        merge.merge(stored, phase("Running"), List.of(condition("x.io/Note", "True", null)));
    assertThat(recorded.getPhase()).isEqualTo("Failed");
    assertThat(recorded.getConditions())
        .extracting(PodCondition::getType)
        .contains("x.io/Note", "PodScheduled");
  }

  @Test
  void recorded_condition_replaces_the_one_of_its_type_when_it_changes() {
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .addToConditions(
                new PodConditionBuilder(condition("x.io/D", "True", BEFORE))
                    .withMessage("a")
                    .build())
            .build();
    PodCondition second =
        new PodConditionBuilder(condition("x.io/D", "True", null)).withMessage("b").build();
    assertThat(merge.merge(stored, null, List.of(second)).getConditions())
        .filteredOn(c -> c.getType().equals("x.io/D"))
        .singleElement()
        .satisfies(
            c -> {
              assertThat(c.getMessage()).isEqualTo("b");
              assertThat(c.getLastTransitionTime()).isEqualTo(BEFORE);
            });
  }

  @Test
  void pod_that_met_no_scheduler_is_said_to_be_scheduled() {
    assertThat(merge.merge(new PodStatus(), phase("Running"), List.of()).getConditions())
        .singleElement()
        .satisfies(
            c -> {
              assertThat(c.getType()).isEqualTo("PodScheduled");
              assertThat(c.getStatus()).isEqualTo("True");
              assertThat(c.getLastTransitionTime()).isEqualTo(NOW_STORED);
            });
  }

  @Test
  void failure_of_ours_keeps_all_else_that_is_known() {
    PodStatus failed = StatusMerge.failed(MemoryProvider.running(), "PodGone", "lost", "Unknown");
    assertThat(failed.getPhase()).isEqualTo("Failed");
    assertThat(failed.getPodIP()).isEqualTo("10.1.2.3");
    assertThat(failed.getContainerStatuses()).hasSize(1);
    assertThat(ready(failed).getStatus()).isEqualTo("Unknown");
    assertThat(ready(failed).getReason()).isEqualTo("PodGone");
  }

  @Test
  void failure_of_ours_says_nothing_of_the_conditions_of_others() {
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .addToConditions(condition("example.com/gate", "True", BEFORE))
            .addToConditions(condition("Initialized", "True", BEFORE))
            .build();
    assertThat(StatusMerge.failed(stored, "OutOfcpu", "no", "False").getConditions())
        .extracting(PodCondition::getType)
        .containsExactly("Initialized", "Ready", "ContainersReady");
    assertThat(StatusMerge.failed(null, "OutOfcpu", "no", "False").getConditions())
        .extracting(PodCondition::getStatus)
        .containsExactly("False", "False");
  }

  @Test
  void conditions_of_the_providers_own_types_go_when_it_leaves_them_out() {
    StatusMerge owning = new StatusMerge(3L, Set.of("x.io/Waits"), NOW);
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .addToConditions(condition("x.io/Waits", "True", BEFORE))
            .addToConditions(condition("x.io/D", "True", BEFORE))
            .build();
    assertThat(owning.merge(stored, phase("Running"), List.of()).getConditions())
        .extracting(PodCondition::getType)
        .containsExactly("PodScheduled", "x.io/D");
    PodStatus again =
        new PodStatusBuilder(phase("Running"))
            .addToConditions(condition("x.io/Waits", "True", null))
            .build();
    assertThat(owning.merge(stored, again, List.of()).getConditions())
        .extracting(PodCondition::getType, PodCondition::getLastTransitionTime)
        .contains(Tuple.tuple("x.io/Waits", BEFORE))
        .hasSize(3);
    assertThat(owning.merge(stored, null, List.of())).isSameAs(stored);
  }

  @Test
  void bare_status_changes_phase_reason_and_message_only_and_ends_readiness() {
    PodStatus pushed =
        new PodStatusBuilder(phase("Failed"))
            .withReason("Evicted")
            .withMessage("x".repeat(10_000))
            .withPodIP("no address")
            .build();
    PodStatus bare = StatusMerge.bare(MemoryProvider.running(), pushed);
    assertThat(bare.getPhase()).isEqualTo("Failed");
    assertThat(bare.getReason()).isEqualTo("Evicted");
    assertThat(bare.getMessage()).hasSize(4096);
    assertThat(bare.getPodIP()).isEqualTo("10.1.2.3");
    assertThat(bare.getContainerStatuses()).hasSize(1);
    assertThat(ready(bare).getStatus()).isEqualTo("False");
    assertThat(ready(StatusMerge.bare(MemoryProvider.running(), phase("Pending"))).getStatus())
        .isEqualTo("True");
  }

  @Test
  void condition_without_a_status_is_unknown_and_one_without_a_type_is_dropped() {
    PodStatus stored =
        new PodStatusBuilder(scheduled())
            .addToConditions(condition("Ready", "True", BEFORE))
            .build();
    PodStatus pushed =
        new PodStatusBuilder(phase("Running"))
            .addNewCondition()
            .withType("Ready")
            .endCondition()
            .addNewCondition()
            .withStatus("True")
            .endCondition()
            .build();
    PodStatus merged = merge.merge(stored, pushed, List.of());
    assertThat(merged.getConditions()).hasSize(2);
    assertThat(ready(merged).getStatus()).isEqualTo("Unknown");
    assertThat(ready(merged).getLastTransitionTime()).isEqualTo(NOW_STORED);
  }

  /** What was merged once and stored changes nothing when it is pushed again. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void merge_is_idempotent_and_loses_no_foreign_condition_whatever_is_pushed(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      PodStatus stored = random(random, List.of("PodScheduled", "example.com/gate", "x.io/D"));
      PodStatus pushed = random(random, List.of("Ready", "Initialized", "ContainersReady"));

      PodStatus once = merge.merge(stored, pushed, List.of());
      PodStatus twice =
          new StatusMerge(3L, Set.of(), NOW.plusSeconds(60)).merge(once, pushed, List.of());

      assertThat(twice).as("seed %d", seed).isEqualTo(once);
      assertThat(once.getConditions())
          .as("seed %d", seed)
          .containsAll(stored.getConditions())
          .extracting(PodCondition::getType)
          .doesNotHaveDuplicates();
    }
  }

  private static PodStatus random(Random random, List<String> types) {
    List<PodCondition> conditions = new ArrayList<>();
    for (String type : types) {
      if (random.nextBoolean()) {
        String time = random.nextBoolean() ? BEFORE : "2026-01-05T01:02:03.004+01:00";
        conditions.add(
            condition(type, random.nextBoolean() ? "True" : "False", Times.asStored(time)));
      }
    }
    PodStatusBuilder status = new PodStatusBuilder().withConditions(conditions);
    if (random.nextBoolean()) {
      status.withPhase(random.nextBoolean() ? "Running" : "Pending");
    }
    if (random.nextBoolean()) {
      status.withStartTime("2026-01-01T00:00:00.7Z").withPodIP("10.0.0." + random.nextInt(9));
    }
    if (random.nextBoolean()) {
      status.addNewContainerStatus().withName("main").endContainerStatus();
    }
    return status.build();
  }

  private static PodStatus scheduled() {
    return new PodStatusBuilder()
        .withPhase("Pending")
        .addToConditions(condition("PodScheduled", "True", BEFORE))
        .build();
  }

  private static PodStatus phase(String phase) {
    return new PodStatusBuilder().withPhase(phase).build();
  }

  private static PodCondition ready(PodStatus status) {
    return status.getConditions().stream()
        .filter(condition -> condition.getType().equals("Ready"))
        .findFirst()
        .orElseThrow();
  }

  private static PodCondition condition(
      String type, String status, @org.jspecify.annotations.Nullable String time) {
    return new PodConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withLastTransitionTime(time)
        .build();
  }
}
