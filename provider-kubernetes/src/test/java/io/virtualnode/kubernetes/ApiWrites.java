package io.virtualnode.kubernetes;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How often a cluster's Nodes and Leases have been written, whoever did it, by the API server's own
 * counters. A request that was refused counts as well.
 */
record ApiWrites(long nodeStatuses, long nodes, long leases) {

  private static final Pattern COUNTER = Pattern.compile("apiserver_request_total\\{(.*)} (\\S+)");
  private static final Set<String> READING = Set.of("GET", "LIST", "WATCH");

  /** Reads the counters out of an API server's metrics. */
  static ApiWrites parse(String metrics) {
    return new ApiWrites(
        sum(metrics, "nodes", "status"), sum(metrics, "nodes", ""), sum(metrics, "leases", ""));
  }

  /** Those of one resource and its subresources, by verb, subresource and answer. */
  static Map<String, Long> of(String metrics, String resource) {
    return metrics
        .lines()
        .map(COUNTER::matcher)
        .filter(Matcher::matches)
        .filter(counter -> label(counter.group(1), "resource").equals(resource))
        .filter(counter -> !READING.contains(label(counter.group(1), "verb")))
        .collect(
            Collectors.groupingBy(
                counter ->
                    String.join(
                        " ",
                        label(counter.group(1), "verb"),
                        resource,
                        label(counter.group(1), "subresource"),
                        label(counter.group(1), "code")),
                TreeMap::new,
                Collectors.summingLong(counter -> (long) Double.parseDouble(counter.group(2)))));
  }

  private static long sum(String metrics, String resource, String subresource) {
    return metrics
        .lines()
        .map(COUNTER::matcher)
        .filter(
            counter ->
                counter.matches()
                    && label(counter.group(1), "resource").equals(resource)
                    && label(counter.group(1), "subresource").equals(subresource)
                    && !READING.contains(label(counter.group(1), "verb")))
        .mapToLong(counter -> (long) Double.parseDouble(counter.group(2)))
        .sum();
  }

  private static String label(String labels, String name) {
    var matcher = Pattern.compile("(?:^|,)" + name + "=\"([^\"]*)\"").matcher(labels);
    return matcher.find() ? matcher.group(1) : "";
  }

  ApiWrites minus(ApiWrites before) {
    return new ApiWrites(
        nodeStatuses - before.nodeStatuses, nodes - before.nodes, leases - before.leases);
  }

  long total() {
    return nodeStatuses + nodes + leases;
  }
}
