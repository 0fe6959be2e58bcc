package io.virtualnode.kubernetes.placement;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Why nodes do not take a pod, as counts of nodes by reason.
 *
 * @param total over all nodes
 * @param members the same by member
 */
public record Explanation(Counts total, SortedMap<String, Counts> members) {

  static final String INSUFFICIENT = "Insufficient ";
  static final String TOO_MANY = "Too many pods";

  /** Copies the map. */
  public Explanation {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
  }

  /**
   * How many nodes there are, how many have room, and how many each reason keeps from it. As in
   * kube-scheduler a node counts for every resource of which it has not enough.
   */
  public record Counts(int nodes, int available, SortedMap<String, Integer> reasons) {

    /** Copies the map. */
    public Counts {
      reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
    }

    /** kube-scheduler's form: {@code 0/3 nodes are available: 2 Insufficient cpu, …}. */
    @Override
    public String toString() {
      var text = new StringBuilder();
      text.append(available).append('/').append(nodes).append(" nodes are available");
      var separator = ": ";
      for (var reason : reasons.entrySet()) {
        text.append(separator).append(reason.getValue()).append(' ').append(reason.getKey());
        separator = ", ";
      }
      return text.append('.').toString();
    }
  }

  /**
   * The word by which a kubelet says the same when it rejects a pod: {@code OutOfcpu} and the like
   * after the resource that most nodes lack, {@code NodeAffinity} if it is none.
   */
  public String podReason() {
    return total.reasons().entrySet().stream()
        .filter(
            reason -> reason.getKey().startsWith(INSUFFICIENT) || reason.getKey().equals(TOO_MANY))
        .max(Map.Entry.comparingByValue())
        .map(
            reason ->
                "OutOf"
                    + (reason.getKey().equals(TOO_MANY)
                        ? "pods"
                        : reason.getKey().substring(INSUFFICIENT.length())))
        .orElse("NodeAffinity");
  }

  /** The text over all nodes. */
  @Override
  public String toString() {
    return total.toString();
  }
}
