package io.virtualnode.benchmarks;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How many requests an API server has dispatched for the virtual node, by its own counters.
 *
 * <p>{@code apiserver_request_total} does not say whose requests they were, and schedulers,
 * controllers and simulated kubelets write pods too. But the API server also counts its dispatched
 * requests by flow schema, and flow schemas match by user: {@link RequestFlows} makes one for each
 * kind of request of the virtual node's user, so that each is counted apart.
 *
 * @param byFlow requests by the name of the {@link RequestFlows.Flow}
 */
record ApiCounts(Map<RequestFlows.Flow, Long> byFlow) {

  private static final Pattern DISPATCHED =
      Pattern.compile(
          "apiserver_flowcontrol_dispatched_requests_total\\{flow_schema=\"([^\"]+)\".*} (\\S+)");

  ApiCounts {
    byFlow = Map.copyOf(byFlow);
  }

  /** Reads the counters out of an API server's metrics. */
  static ApiCounts parse(String metrics) {
    var counts = new TreeMap<RequestFlows.Flow, Long>();
    metrics
        .lines()
        .forEach(
            line -> {
              var matcher = DISPATCHED.matcher(line);
              if (matcher.matches()) {
                RequestFlows.Flow.named(matcher.group(1))
                    .ifPresent(
                        flow ->
                            counts.merge(
                                flow, (long) Double.parseDouble(matcher.group(2)), Long::sum));
              }
            });
    return new ApiCounts(counts);
  }

  long of(RequestFlows.Flow flow) {
    return byFlow.getOrDefault(flow, 0L);
  }

  ApiCounts minus(ApiCounts before) {
    var difference = new TreeMap<RequestFlows.Flow, Long>();
    for (var flow : RequestFlows.Flow.values()) {
      difference.put(flow, of(flow) - before.of(flow));
    }
    return new ApiCounts(difference);
  }

  ApiCounts plus(ApiCounts other) {
    var sum = new TreeMap<RequestFlows.Flow, Long>();
    for (var flow : RequestFlows.Flow.values()) {
      sum.put(flow, of(flow) + other.of(flow));
    }
    return new ApiCounts(sum);
  }
}
