package io.virtualnode.node;

import io.virtualnode.testkit.LocalCluster;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Reads an API server's own counters of requests. */
final class ApiWrites {

  private static final Pattern LINE =
      Pattern.compile("^apiserver_request_total\\{(.*)} (\\S+)$", Pattern.MULTILINE);
  private static final Pattern WRITE = Pattern.compile("verb=\"(POST|PUT|PATCH|DELETE)\"");

  private ApiWrites() {}

  /** Requests that write, so far, by resource, verb and subresource. */
  static Map<String, Long> of(LocalCluster cluster) {
    Map<String, Long> counts = new TreeMap<>();
    LINE.matcher(cluster.metrics())
        .results()
        .filter(line -> WRITE.matcher(line.group(1)).find())
        .forEach(line -> counts.merge(what(line), count(line), Long::sum));
    return counts;
  }

  /** How many more there are than {@code before}, where there are more. */
  static Map<String, Long> since(Map<String, Long> before, LocalCluster cluster) {
    Map<String, Long> more = of(cluster);
    more.replaceAll((what, count) -> count - before.getOrDefault(what, 0L));
    more.values().removeIf(count -> count == 0);
    return more;
  }

  private static String what(MatchResult line) {
    String labels = line.group(1);
    String subresource = label(labels, "subresource");
    return label(labels, "verb")
        + " "
        + label(labels, "resource")
        + (subresource.isEmpty() ? "" : "/" + subresource);
  }

  private static String label(String labels, String name) {
    var matcher = Pattern.compile("(?:^|,)" + name + "=\"([^\"]*)\"").matcher(labels);
    return matcher.find() ? matcher.group(1) : "";
  }

  private static long count(MatchResult line) {
    return (long) Double.parseDouble(line.group(2));
  }
}
