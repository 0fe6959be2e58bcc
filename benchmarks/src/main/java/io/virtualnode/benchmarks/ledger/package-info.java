/**
 * Measures the ledger and placement by themselves, at sizes that no test bed has: time by JMH,
 * memory by what is in use. See {@code benchmarks/ledger.sh --help}.
 */
@NullMarked
package io.virtualnode.benchmarks.ledger;

import org.jspecify.annotations.NullMarked;
