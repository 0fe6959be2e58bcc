package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("writes by an API server's counters")
class ApiWritesTest {

  private static final String METRICS =
      """
      # TYPE apiserver_request_total counter
      apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="nodes",scope="resource",subresource="status",verb="PATCH",version="v1"} 1.5e+03
      apiserver_request_total{code="409",component="apiserver",dry_run="",group="",resource="nodes",scope="resource",subresource="status",verb="PATCH",version="v1"} 2
      apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="nodes",scope="resource",subresource="",verb="PATCH",version="v1"} 3
      apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="nodes",scope="resource",subresource="",verb="GET",version="v1"} 100
      apiserver_request_total{code="0",component="apiserver",dry_run="",group="",resource="nodes",scope="cluster",subresource="",verb="WATCH",version="v1"} 100
      apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="status",verb="PATCH",version="v1"} 100
      apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 5
      apiserver_request_total{code="201",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="POST",version="v1"} 1
      apiserver_other_total{resource="nodes",subresource="status",verb="PATCH"} 100
      """;

  @Test
  @DisplayName("are those of Nodes, their status and Leases, refused ones too")
  void parse() {
    assertThat(ApiWrites.parse(METRICS)).isEqualTo(new ApiWrites(1502, 3, 6));
    assertThat(ApiWrites.parse(METRICS).total()).isEqualTo(1511);
  }

  @Test
  @DisplayName("between two times are the difference")
  void minus() {
    assertThat(ApiWrites.parse(METRICS).minus(new ApiWrites(1500, 1, 1)))
        .isEqualTo(new ApiWrites(2, 2, 5));
  }
}
