package io.virtualnode.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PodSightingTest {

  private static PodSighting parse(String line) {
    return PodSighting.parse(line.getBytes(UTF_8));
  }

  @Test
  void a_proxy_is_known_by_its_own_uid() {
    var sighting =
        parse(
            """
            {"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"a","uid":"u1",\
            "resourceVersion":"7","ownerReferences":[{"uid":"other"}],\
            "managedFields":[{"fieldsV1":{"f:status":{"f:phase":{}}}}]},\
            "spec":{"nodeName":"n1","containers":[{"name":"c"}]},\
            "status":{"conditions":[{"type":"Ready"}],"phase":"Running"}}}""");

    assertThat(sighting).isEqualTo(new PodSighting("MODIFIED", "u1", "7", "n1", "Running"));
    assertThat(sighting.isBound()).isTrue();
    assertThat(sighting.isOver()).isFalse();
  }

  @Test
  void a_delegate_is_known_by_the_uid_of_its_proxy() {
    var sighting =
        parse(
            """
            {"type":"ADDED","object":{"metadata":{"uid":"u2",\
            "labels":{"a":"b","virtualnode.io/proxy-uid":"u1"},"resourceVersion":"8"},\
            "spec":{},"status":{"phase":"Succeeded"}}}""");

    assertThat(sighting).isEqualTo(new PodSighting("ADDED", "u1", "8", null, "Succeeded"));
    assertThat(sighting.isBound()).isFalse();
    assertThat(sighting.isOver()).isTrue();
  }

  @Test
  void a_deleted_pod_is_not_bound() {
    var sighting = parse("{\"type\":\"DELETED\",\"object\":{\"spec\":{\"nodeName\":\"n1\"}}}");

    assertThat(sighting.isBound()).isFalse();
  }
}
