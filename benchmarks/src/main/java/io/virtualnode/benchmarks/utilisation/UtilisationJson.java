package io.virtualnode.benchmarks.utilisation;

import io.virtualnode.benchmarks.Machine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The comparison for machines, with what ran at every ten seconds, and every job by itself. */
final class UtilisationJson {

  private static final int EVERY_SECONDS = 10;

  private UtilisationJson() {}

  static String text(JobMix mix, List<List<Outcome>> bySystem, List<String> verdicts) {
    var root = new LinkedHashMap<String, Object>();
    root.put("machine", Machine.here());
    root.put("mix", mix);
    root.put("verdicts", verdicts);
    root.put(
        "systems",
        bySystem.stream()
            .map(
                outcomes ->
                    Map.of(
                        "name",
                        outcomes.get(0).system(),
                        "runs",
                        outcomes.stream().map(UtilisationJson::run).toList()))
            .toList());
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(root);
  }

  private static Map<String, Object> run(Outcome outcome) {
    var map = new LinkedHashMap<String, Object>();
    map.put("busyCoreSeconds", outcome.busyCoreSeconds());
    map.put("utilisation", outcome.utilisation());
    map.put("makespanSeconds", outcome.makespan());
    map.put("wideWaitSeconds", outcome.wide());
    map.put("narrowWaitSeconds", outcome.narrow());
    map.put("leastCoresWaiting", outcome.leastWaiting());
    map.put("largestOverrunSeconds", outcome.largestOverrun());
    map.put("moments", outcome.moments(EVERY_SECONDS));
    map.put("jobs", outcome.runs());
    return map;
  }
}
