/**
 * Compares how full the virtual node keeps its members with how full one real cluster of the same
 * nodes is under the same jobs. Not published; see {@code benchmarks/utilisation.sh --help}.
 */
@NullMarked
package io.virtualnode.benchmarks.utilisation;

import org.jspecify.annotations.NullMarked;
