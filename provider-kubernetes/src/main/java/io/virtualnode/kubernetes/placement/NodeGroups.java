package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.MemberNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * By which labels nodes are grouped in classes.
 *
 * <p>Starts with none. A label by which searches refuse nodes one by one is grouped by once that
 * has cost as much as grouping anew does: as many looks as there are nodes. Labels of too many
 * values, such as the host name, never are.
 */
final class NodeGroups {

  private static final int MOST_VALUES = 32;
  private static final int MOST_KEYS = 8;

  private final int leastCost;
  private final Set<String> labelKeys = new TreeSet<>();
  private final Set<String> unfit = new HashSet<>();
  private final Map<String, Long> costs = new HashMap<>();

  /**
   * Groups by nothing.
   *
   * @param leastCost below how many looks in vain it never pays to group anew
   */
  NodeGroups(int leastCost) {
    this.leastCost = leastCost;
  }

  /** The keys of the labels by which nodes are grouped. */
  Set<String> labelKeys() {
    return labelKeys;
  }

  /** Takes note of looks in vain; returns whether it would pay to group by more labels. */
  boolean payFor(NodeRequirements requirements, int looks, int nodes) {
    boolean due = false;
    if (looks > 0) {
      for (var key : requirements.labelKeys()) {
        if (!labelKeys.contains(key) && !unfit.contains(key)) {
          due |= costs.merge(key, (long) looks, Long::sum) >= Math.max(leastCost, nodes);
        }
      }
    }
    return due;
  }

  /** Adds the labels that have cost enough and are fit for it; returns whether there are any. */
  boolean extend(Iterable<MemberNode> nodes, int count) {
    boolean extended = false;
    for (var key : new TreeSet<>(costs.keySet())) {
      if (costs.getOrDefault(key, 0L) >= Math.max(leastCost, count)) {
        costs.remove(key);
        if (labelKeys.size() < MOST_KEYS && hasFewValues(nodes, key)) {
          labelKeys.add(key);
          extended = true;
        } else {
          unfit.add(key);
        }
      }
    }
    return extended;
  }

  private static boolean hasFewValues(Iterable<MemberNode> nodes, String key) {
    var values = new HashSet<String>();
    for (var node : nodes) {
      var value = node.labels().get(key);
      if (value != null && values.add(value) && values.size() > MOST_VALUES) {
        return false;
      }
    }
    return true;
  }
}
