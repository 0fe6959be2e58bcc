/**
 * Real Kubernetes clusters on one machine, for tests and demonstrations: the binaries, the
 * processes, the certificates and the simulated nodes. Knows nothing of the virtual node itself, so
 * that it can judge it from outside.
 */
@NullMarked
package io.virtualnode.testkit;

import org.jspecify.annotations.NullMarked;
