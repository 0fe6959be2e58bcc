/**
 * Drives the real account (ledger, placement, slot collection) in a simulated world: virtual time,
 * a primary with its scheduler, members with theirs, and seeded faults between them. What happens
 * follows from the seed alone.
 */
@NullMarked
package io.virtualnode.simulation;

import org.jspecify.annotations.NullMarked;
