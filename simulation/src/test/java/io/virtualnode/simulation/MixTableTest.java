package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MixTableTest {

  private static final Mix MIX = new Mix(Mix.Shares.MIXED, Mix.Durations.SHORT, 2, 15);

  @DisplayName("the_same_seed_gives_the_same_figures_and_no_contender_uses_more_than_there_is")
  @Test
  void repeats() {
    var first = new MixTable(List.of(MIX), 1, 120).outcomes();
    var second = new MixTable(List.of(MIX), 1, 120).outcomes();

    assertThat(second).isEqualTo(first);
    var row = requireNonNull(first.get(MIX));
    assertThat(row).containsOnlyKeys(Contender.values());
    assertThat(row.values())
        .allSatisfy(outcome -> assertThat(outcome.busy()).isBetween(0.5, 1.0))
        .allSatisfy(outcome -> assertThat(outcome.waits()).isNotEmpty());
  }

  @DisplayName("the_chart_has_a_bar_of_each_series_for_each_mix_in_both_panels")
  @Test
  void chart() {
    var svg = new MixChart(new MixTable(List.of(MIX), 1, 60).outcomes()).svg();

    assertThat(svg).startsWith("<svg").endsWith("</svg>\n").contains(MIX.label());
    assertThat(svg.split("width=\"6\"", -1)).hasSize(1 + 2 * 3);
  }
}
