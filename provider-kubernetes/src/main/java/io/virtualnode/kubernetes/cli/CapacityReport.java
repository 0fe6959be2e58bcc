package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.Survey.NodeLine;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The account of the members' room, and how it is said.
 *
 * @param nodes every member node, sorted
 * @param offers what the allocatable is of each virtual node, by its name
 * @param stale members whose present state could not be seen
 * @param slotCores sizes of slots in whole cores, whose number is told
 */
record CapacityReport(
    List<NodeLine> nodes,
    SortedMap<String, Resources> offers,
    List<String> stale,
    List<Integer> slotCores) {

  private static final long MILLIS = 1000;
  private static final double KIBI = 1024;
  private static final String UNITS = " KMGTPE";

  CapacityReport {
    nodes = List.copyOf(nodes);
    stale = List.copyOf(stale);
    slotCores = List.copyOf(slotCores);
  }

  /** A line for each node and resource, what follows from them, and what could not be seen. */
  List<String> lines() {
    var rows = new ArrayList<List<String>>();
    rows.add(
        List.of(
            "MEMBER",
            "NODE",
            "RESOURCE",
            "ALLOCATABLE",
            "OTHERS",
            "OURS",
            "RESERVED",
            "FREE",
            "STATE"));
    for (var line : nodes) {
      var state = line.obstacle().isEmpty() ? "usable" : line.obstacle();
      for (var name : names(line)) {
        var use = line.use();
        rows.add(
            List.of(
                line.node().member(),
                line.node().node(),
                name,
                amount(use.allocatable(), name),
                amount(use.others(), name),
                amount(use.ours(), name),
                amount(use.reserved(), name),
                amount(use.free(), name),
                state));
      }
    }
    var lines = new ArrayList<>(TextTable.of(rows));
    lines.add("");
    offers.forEach((name, offer) -> lines.add("allocatable of " + name + ": " + offer));
    slots().forEach((cores, count) -> lines.add(cores + "-core slots free: " + count));
    stale.forEach(
        member -> lines.add("member " + member + " did not answer in time: it offers nothing new"));
    return lines;
  }

  /** The same for programs. */
  Map<String, Object> tree() {
    var rows = new ArrayList<Object>();
    for (var line : nodes) {
      var row = new LinkedHashMap<String, Object>();
      row.put("member", line.node().member());
      row.put("node", line.node().node());
      row.put("usable", line.obstacle().isEmpty());
      if (!line.obstacle().isEmpty()) {
        row.put("obstacle", line.obstacle());
      }
      row.put("allocatable", amounts(line.use().allocatable()));
      row.put("others", amounts(line.use().others()));
      row.put("ours", amounts(line.use().ours()));
      row.put("reserved", amounts(line.use().reserved()));
      row.put("free", amounts(line.use().free()));
      rows.add(row);
    }
    var tree = new LinkedHashMap<String, Object>();
    tree.put("nodes", rows);
    var allocatable = new LinkedHashMap<String, Object>();
    offers.forEach((name, offer) -> allocatable.put(name, amounts(offer)));
    tree.put("virtualNodes", allocatable);
    var slots = new LinkedHashMap<String, Object>();
    slots().forEach((cores, count) -> slots.put(cores.toString(), count));
    tree.put("slots", slots);
    tree.put("stale", stale);
    return tree;
  }

  /** How many pods of so many cores the usable nodes could take now, node by node. */
  private Map<Integer, Long> slots() {
    var slots = new TreeMap<Integer, Long>();
    for (var cores : slotCores) {
      long count = 0;
      for (var line : nodes) {
        if (line.obstacle().isEmpty()) {
          var free = line.use().free();
          long byCpu = free.get(Resources.CPU) / (cores * MILLIS);
          count += Math.max(0, Math.min(byCpu, free.get(Resources.PODS)));
        }
      }
      slots.put(cores, count);
    }
    return slots;
  }

  private static Iterable<String> names(NodeLine line) {
    var names = new TreeSet<String>(line.use().allocatable().names());
    names.addAll(line.use().ours().names());
    return names;
  }

  /** For people: bytes in a binary unit, rounded to a tenth of it. */
  private static String amount(Resources resources, String name) {
    var exact = amounts(resources).getOrDefault(name, "0");
    boolean bytes = name.endsWith("memory") || name.endsWith("storage") || name.startsWith("huge");
    return bytes ? binary(resources.get(name)) : exact;
  }

  private static String binary(long bytes) {
    int unit = 0;
    double amount = bytes;
    while (Math.abs(amount) >= KIBI && unit < UNITS.length() - 1) {
      amount /= KIBI;
      unit++;
    }
    var text = String.format(Locale.ROOT, unit == 0 ? "%.0f" : "%.1f", amount);
    return (text.endsWith(".0") ? text.substring(0, text.length() - 2) : text)
        + (unit == 0 ? "" : UNITS.charAt(unit) + "i");
  }

  private static Map<String, String> amounts(Resources resources) {
    var amounts = new TreeMap<String, String>();
    resources.toQuantities().forEach((name, quantity) -> amounts.put(name, quantity.toString()));
    return amounts;
  }
}
