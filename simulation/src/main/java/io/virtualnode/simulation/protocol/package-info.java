/**
 * Checks the protocol that gives at most one run of each pod: every order in which the steps of
 * leaders, clusters, the network and people can come, within bounds. {@code docs/exactly-once.md}
 * says what is modelled and what came out.
 */
@NullMarked
package io.virtualnode.simulation.protocol;

import org.jspecify.annotations.NullMarked;
