/**
 * Owns the {@code vnode} command: its arguments, its exit codes and what it prints. What runs
 * behind it, the node and the clusters, stands behind small interfaces.
 */
@NullMarked
package io.virtualnode.kubernetes.cli;

import org.jspecify.annotations.NullMarked;
