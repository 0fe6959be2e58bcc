/**
 * Real Kubernetes clusters on the machine at hand, without a container engine: the binaries, the
 * processes, the certificates and the simulated nodes and pods; and the faults of processes and
 * networks. It also owns the workloads that tests, demonstrations and benchmarks share, and knows
 * nothing of the virtual node itself.
 */
@NullMarked
package io.virtualnode.testkit;

import org.jspecify.annotations.NullMarked;
