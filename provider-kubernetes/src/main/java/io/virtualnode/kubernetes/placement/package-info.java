/**
 * Which member node a proxy's delegate goes to, or why it waits. Pure: decides from the ledger and
 * what the pods ask for; no client, no clock, no thread.
 */
@NullMarked
package io.virtualnode.kubernetes.placement;

import org.jspecify.annotations.NullMarked;
