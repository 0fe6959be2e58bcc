package io.virtualnode.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.benchmarks.RequestFlows.Flow;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ApiCountsTest {

  private static final String METRICS =
      """
      # TYPE apiserver_flowcontrol_dispatched_requests_total counter
      apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt",priority_level="exempt"} 900
      apiserver_flowcontrol_dispatched_requests_total{flow_schema="vnode-pod-status",priority_level="exempt"} 3e+03
      apiserver_flowcontrol_dispatched_requests_total{flow_schema="vnode-lease",priority_level="exempt"} 12
      apiserver_request_total{code="200",verb="GET"} 1
      """;

  @Test
  void only_the_virtual_nodes_requests_count() {
    var counts = ApiCounts.parse(METRICS);

    assertThat(counts.of(Flow.POD_STATUS)).isEqualTo(3000);
    assertThat(counts.of(Flow.LEASE)).isEqualTo(12);
    assertThat(counts.of(Flow.POD_CREATE)).isZero();
  }

  @Test
  void what_happened_between_is_the_difference() {
    var before = ApiCounts.parse(METRICS);

    assertThat(before.plus(before).minus(before)).isEqualTo(before.minus(ApiCounts.parse("")));
  }

  @Test
  void only_writes_of_pods_cost_a_pod() {
    var counts = ApiCounts.parse(METRICS);

    assertThat(Report.podWrites(counts)).isEqualTo(3000);
  }

  @Test
  void every_flow_has_a_schema_of_its_own() {
    assertThat(Arrays.stream(Flow.values()).map(Flow::schema)).doesNotHaveDuplicates();
    assertThat(RequestFlows.schema(Flow.EVENT, "u"))
        .contains("apiGroups: [\"\", \"events.k8s.io\"]", "matchingPrecedence: 17");
  }
}
