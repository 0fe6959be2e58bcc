package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.api.NodeReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LatestReportTest {

  private final LatestReport reports = new LatestReport();

  @Test
  @DisplayName("stage_completes_when_its_report_is_stored_and_not_with_an_older_one")
  void stored() {
    assertThat(reports.isPresent()).isFalse();
    assertThat(reports.takeToWrite()).isEmpty();
    var first = reports.set(report("first")).toCompletableFuture();
    assertThat(reports.takeToWrite()).contains(report("first"));
    var second = reports.set(report("second")).toCompletableFuture();
    reports.stored();
    assertThat(first).isCompleted();
    assertThat(second).isNotDone();
    assertThat(reports.takeToWrite()).contains(report("second"));
    reports.stored();
    assertThat(second).isCompleted();
  }

  @Test
  @DisplayName("stage_of_a_report_that_was_replaced_completes_with_the_newer_one")
  void replaced() {
    var first = reports.set(report("first")).toCompletableFuture();
    var second = reports.set(report("second")).toCompletableFuture();
    assertThat(reports.takeToWrite()).contains(report("second"));
    reports.stored();
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
  }

  @Test
  @DisplayName("after_a_write_that_failed_the_next_completes_all")
  void failed() {
    var first = reports.set(report("first")).toCompletableFuture();
    reports.takeToWrite();
    reports.takeToWrite();
    var second = reports.set(report("second")).toCompletableFuture();
    reports.takeToWrite();
    assertThat(first).isNotDone();
    reports.stored();
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    reports.stored();
  }

  private static NodeReport report(String message) {
    return new NodeReport(Map.of(), Map.of(), true, message, List.of());
  }
}
