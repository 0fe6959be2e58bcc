package io.virtualnode.kubernetes.capacity;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Reads what kube-scheduler says: its metrics of pods and its dump of nodes. */
final class SchedulerView {

  private static final Pattern REQUEST =
      Pattern.compile("(?m)^kube_pod_resource_request\\{(.*)} (\\S+)$");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final Pattern NODE =
      Pattern.compile(
          "Node name: (\\S+)\\s+Deleted: \\w+\\s+Requested Resources: &\\{MilliCPU:(-?\\d+)"
              + " Memory:(-?\\d+) EphemeralStorage:(-?\\d+) AllowedPodNumber:\\d+"
              + " ScalarResources:map\\[(.*)]}\\s+Allocatable.*\\s+Scheduled Pods\\(number: (\\d+)\\)");

  private SchedulerView() {}

  /** The requests of all pods that {@code /metrics/resources} tells, by pod name, less the pod. */
  static Map<String, Resources> requestsOfPods(String metrics) {
    var amounts = new HashMap<String, Map<String, Long>>();
    var lines = REQUEST.matcher(metrics);
    while (lines.find()) {
      var labels = new HashMap<String, String>();
      var label = LABEL.matcher(lines.group(1));
      while (label.find()) {
        labels.put(label.group(1), label.group(2));
      }
      // A 64-bit float made of an exact decimal: 15 digits of it are the decimal's.
      var value = new BigDecimal(lines.group(2)).round(new MathContext(15));
      var resource = labels.getOrDefault("resource", "");
      long units =
          value
              .movePointRight(resource.equals("cpu") ? 3 : 0)
              .setScale(0, RoundingMode.CEILING)
              .longValueExact();
      amounts
          .computeIfAbsent(labels.getOrDefault("pod", ""), pod -> new TreeMap<>())
          .put(resource, units);
    }
    var result = new HashMap<String, Resources>();
    amounts.forEach((pod, requests) -> result.put(pod, Resources.of(requests)));
    return result;
  }

  /** What is requested on every node of the scheduler's cache, by node name, pods included. */
  static Map<String, Resources> requestedOnNodes(String cache) {
    var result = new HashMap<String, Resources>();
    var nodes = NODE.matcher(cache);
    while (nodes.find()) {
      var amounts = new TreeMap<String, Long>();
      amounts.put("cpu", Long.valueOf(nodes.group(2)));
      amounts.put("memory", Long.valueOf(nodes.group(3)));
      amounts.put("ephemeral-storage", Long.valueOf(nodes.group(4)));
      for (var scalar : nodes.group(5).split(" ", -1)) {
        int colon = scalar.lastIndexOf(':');
        if (colon > 0) {
          amounts.put(scalar.substring(0, colon), Long.valueOf(scalar.substring(colon + 1)));
        }
      }
      amounts.put("pods", Long.valueOf(nodes.group(6)));
      result.put(nodes.group(1), Resources.of(amounts));
    }
    return result;
  }
}
