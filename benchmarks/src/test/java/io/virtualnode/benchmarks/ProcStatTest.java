package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProcStatTest {

  @Test
  void cpu_time_is_user_and_system_even_if_the_name_has_parentheses_and_spaces() {
    var stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 123 45 6 7 20 0 30 0 99 1 2";

    assertThat(ProcStat.cpuMillis(stat)).isEqualTo(1680);
  }

  @Test
  void a_field_of_status_is_a_number_of_kilobytes() {
    assertThat(ProcStat.field("Name:\tjava\nVmHWM:\t  399872 kB\nVmRSS:\t1 kB\n", "VmHWM"))
        .isEqualTo(399_872);
  }

  @Test
  void a_missing_field_is_named() {
    assertThatThrownBy(() -> ProcStat.field("Name:\tjava\n", "VmHWM"))
        .hasMessageContaining("VmHWM");
  }
}
