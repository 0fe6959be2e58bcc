package io.virtualnode.benchmarks;

import io.virtualnode.benchmarks.RequestFlows.Flow;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The figures for machines; every run by itself, in the units that the names say. */
final class JsonReport {

  private JsonReport() {}

  static String text(Measurements measured) {
    var root = new LinkedHashMap<String, Object>();
    root.put("machine", measured.machine());
    root.put("load", measured.loadAtStart());
    root.put("kubernetes", measured.kubernetes());
    root.put("vnode", measured.vnode());
    root.put("javaOptions", measured.options().javaOpts);
    root.put("members", measured.options().members);
    root.put("warmupPods", measured.options().warmup);
    root.put("idleCpuMillisPerSecond", measured.idleCpuMillisPerSecond());
    root.put("peakKilobytes", measured.peakKilobytes());
    root.put("complaints", measured.complaints());
    measured.steady().ifPresent(steady -> root.put("steady", steady(steady)));
    root.put("forwarded", runs(measured.forwarded()));
    root.put("direct", runs(measured.direct()));
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(root);
  }

  private static Map<String, Object> steady(SteadyRate.Result result) {
    var timeline = result.timeline();
    var map = new LinkedHashMap<String, Object>();
    map.put("pods", result.pods());
    map.put("podsPerSecond", result.rate());
    map.put("cpuMillis", result.cpu());
    map.put("forward", latency(timeline.forward()));
    map.put("feedback", latency(timeline.feedback()));
    map.put("feedbackRunning", latency(timeline.feedbackRunning()));
    map.put("feedbackOver", latency(timeline.feedbackOver()));
    map.put("observerSkew", latency(timeline.skew()));
    return map;
  }

  private static Map<String, Object> latency(Latency latency) {
    var map = new LinkedHashMap<String, Object>();
    map.put("count", latency.count());
    map.put("p50Millis", latency.millis(50));
    map.put("p90Millis", latency.millis(90));
    map.put("p99Millis", latency.millis(99));
    map.put("maxMillis", latency.maxMillis());
    return map;
  }

  private static List<Map<String, Object>> runs(List<FullSpeed.Result> results) {
    return results.stream().map(JsonReport::run).toList();
  }

  private static Map<String, Object> run(FullSpeed.Result result) {
    var map = new LinkedHashMap<String, Object>();
    map.put("pods", result.pods());
    map.put("seconds", result.seconds());
    map.put("podsPerSecond", result.podsPerSecond());
    map.put("cpuMillisToEnd", result.toOver());
    map.put("cpuMillisToDeletion", result.toGone());
    map.put("primaryRequests", counts(result.primary()));
    map.put("memberRequests", counts(result.members()));
    return map;
  }

  private static Map<String, Object> counts(ApiCounts counts) {
    var map = new LinkedHashMap<String, Object>();
    for (var flow : Flow.values()) {
      map.put(flow.name(), counts.of(flow));
    }
    return map;
  }
}
