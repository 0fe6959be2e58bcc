package io.virtualnode.benchmarks.utilisation;

import java.util.Locale;

/** What the primary sees, and how near to the yardstick that is promised to come. */
enum Topology {
  AGGREGATE(0.05),
  PER_MEMBER(0.05),
  PER_NODE(0);

  /** By how much a figure may be worse than the yardstick's, as a share of it. */
  final double tolerance;

  Topology(double tolerance) {
    this.tolerance = tolerance;
  }

  /** As the configuration has it, such as {@code per-node}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
