package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PlanTest {

  @Test
  void members_differ_in_size_even_when_the_first_is_the_smallest_there_can_be() {
    assertThat(Plan.of(3, 2, 1, 1).members())
        .containsExactly(
            new Plan.Member("site-a", 2, 1),
            new Plan.Member("site-b", 2, 2),
            new Plan.Member("site-c", 2, 3));
  }

  @Test
  void every_fourth_job_is_wide_when_a_node_has_room_for_it() {
    var plan = Plan.of(2, 2, 8, 60);

    assertThat(plan.jobs()).hasSize(60);
    assertThat(plan.wideJobs()).isEqualTo(15);
    assertThat(plan.wantedCores()).isEqualTo(45 + 15 * 8);
    assertThat(plan.cores()).isEqualTo(2 * 8 + 2 * 12);
  }

  @Test
  void no_job_is_wide_when_no_node_has_room_for_it() {
    assertThat(Plan.of(2, 9, 5, 60).wideJobs()).isZero();
  }

  @Test
  void run_times_vary_and_names_do_not_repeat() {
    var jobs = Plan.of(2, 2, 8, 60).jobs();

    assertThat(jobs.stream().map(HarvesterJob::runFor).distinct()).hasSizeGreaterThan(5);
    assertThat(jobs.stream().map(HarvesterJob::name)).doesNotHaveDuplicates();
  }
}
