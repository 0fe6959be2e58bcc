/**
 * Measures the packaged {@code vnode} command between real clusters: latencies, throughput, and
 * what a pod costs. Not published; see {@code benchmarks/run.sh --help}.
 */
@NullMarked
package io.virtualnode.benchmarks;

import org.jspecify.annotations.NullMarked;
