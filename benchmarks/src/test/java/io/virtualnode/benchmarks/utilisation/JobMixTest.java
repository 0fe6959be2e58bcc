package io.virtualnode.benchmarks.utilisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class JobMixTest {

  private static final int CORES = 64;
  private static final JobMix MIX = new JobMix(CORES, 8, 0.2, 30_000, 90_000, 1.5, 1.2, 480_000);

  @Test
  void the_same_seed_gives_the_same_jobs_and_another_one_others() {
    assertThat(MIX.jobs(1)).isEqualTo(MIX.jobs(1)).isNotEqualTo(MIX.jobs(2));
  }

  @Test
  void a_fifth_of_each_hundred_is_wide_and_times_are_within_their_bounds() {
    var jobs = MIX.jobs(7);

    assertThat(jobs).hasSizeGreaterThan(200);
    assertThat(jobs.subList(0, 100).stream().filter(GridJob::isWide)).hasSize(20);
    assertThat(jobs.subList(100, 200).stream().filter(GridJob::isWide)).hasSize(20);
    assertThat(jobs).allMatch(job -> job.cores() == 1 || job.cores() == 8);
    assertThat(jobs).allMatch(job -> job.runMillis() >= 30_000 && job.runMillis() <= 90_000);
    assertThat(jobs.stream().mapToLong(GridJob::runMillis).average().orElseThrow())
        .isBetween(55_000.0, 65_000.0);
  }

  @Test
  void at_the_beginning_there_is_the_backlog_and_then_work_arrives_at_the_load() {
    var jobs = MIX.jobs(3);

    var atOnce = jobs.stream().filter(job -> job.submitMillis() < 3000).toList();
    assertThat(atOnce.stream().mapToInt(GridJob::cores).sum()).isBetween(96, 96 + 16);
    var last = jobs.get(jobs.size() - 1);
    assertThat(last.submitMillis()).isLessThan(480_000);
    double arrived = jobs.stream().skip(atOnce.size()).mapToLong(GridJob::work).sum();
    assertThat(arrived / (CORES * 480_000.0)).isCloseTo(1.2, within(0.05));
    for (int i = 1; i < jobs.size(); i++) {
      assertThat(jobs.get(i).submitMillis()).isGreaterThan(jobs.get(i - 1).submitMillis() - 1);
    }
  }

  @Test
  void a_share_of_the_work_is_a_smaller_share_of_the_jobs() {
    // 1 wide job of 8 cores beside 32 of one core has a fifth of the work.
    assertThat(JobMix.shareOfJobs(0.2, 8)).isCloseTo(1 / 33.0, within(1e-9));
    assertThat(JobMix.shareOfJobs(1, 8)).isEqualTo(1);
  }
}
