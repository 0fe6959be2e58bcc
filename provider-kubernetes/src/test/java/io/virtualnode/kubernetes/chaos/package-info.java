/**
 * Faults for the real {@code vnode run} on real clusters, and what an outside observer finds of
 * them: kills at random and at named points, partitions, API servers that are restarted, objects
 * that others change.
 */
@NullMarked
package io.virtualnode.kubernetes.chaos;

import org.jspecify.annotations.NullMarked;
