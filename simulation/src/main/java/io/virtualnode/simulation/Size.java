package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.Resources;
import java.util.Map;

/**
 * What a pod asks for or a node has, reckoned apart from the product's own arithmetic.
 *
 * @param cpu thousandths of a core
 * @param memory bytes
 * @param pods a number
 */
record Size(long cpu, long memory, long pods) {

  static final Size NONE = new Size(0, 0, 0);
  private static final long GIB = 1L << 30;
  private static final long MILLIS = 1000;
  private static final long MOST_PODS = 110;

  /** A pod of so many cores, with 2 GiB of memory for each. */
  static Size pod(long cores) {
    return new Size(cores * MILLIS, 2 * cores * GIB, 1);
  }

  /** A node of so many cores, with 4 GiB of memory for each. */
  static Size node(long cores) {
    return new Size(cores * MILLIS, 4 * cores * GIB, MOST_PODS);
  }

  static Size of(Resources resources) {
    return new Size(resources.get("cpu"), resources.get("memory"), resources.get("pods"));
  }

  Resources toResources() {
    return Resources.of(Map.of("cpu", cpu, "memory", memory, "pods", pods));
  }

  Size plus(Size other) {
    return new Size(cpu + other.cpu, memory + other.memory, pods + other.pods);
  }

  Size minus(Size other) {
    return new Size(cpu - other.cpu, memory - other.memory, pods - other.pods);
  }

  Size min(Size other) {
    return new Size(
        Math.min(cpu, other.cpu), Math.min(memory, other.memory), Math.min(pods, other.pods));
  }

  Size max(Size other) {
    return new Size(
        Math.max(cpu, other.cpu), Math.max(memory, other.memory), Math.max(pods, other.pods));
  }

  Size nonNegative() {
    return max(NONE);
  }

  /** Whether each amount is at most the other's; as in kube-scheduler, nothing always fits. */
  boolean fitsInto(Size room) {
    return (cpu <= 0 || cpu <= room.cpu)
        && (memory <= 0 || memory <= room.memory)
        && (pods <= 0 || pods <= room.pods);
  }

  /** Whether each amount is at most the other's. */
  boolean isWithin(Size bound) {
    return cpu <= bound.cpu && memory <= bound.memory && pods <= bound.pods;
  }

  long cores() {
    return cpu / MILLIS;
  }
}
