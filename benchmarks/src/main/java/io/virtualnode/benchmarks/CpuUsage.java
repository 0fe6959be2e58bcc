package io.virtualnode.benchmarks;

/**
 * Processor time that each party has used, in milliseconds.
 *
 * @param node the virtual node's process
 * @param primary the primary's control plane
 * @param members the members' control planes and simulated kubelets
 * @param benchmark this process: submitting and observing
 */
record CpuUsage(long node, long primary, long members, long benchmark) {

  CpuUsage minus(CpuUsage before) {
    return new CpuUsage(
        node - before.node,
        primary - before.primary,
        members - before.members,
        benchmark - before.benchmark);
  }
}
