/**
 * What a provider author implements, and what a provider is given in return. This package holds
 * contracts and values only: no I/O, no threads, nothing that depends on how a node is run.
 */
@NullMarked
package io.virtualnode.api;

import org.jspecify.annotations.NullMarked;
