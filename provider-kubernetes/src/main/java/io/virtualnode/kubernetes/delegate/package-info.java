/**
 * The pod in a member that runs a proxy's work: how it is named, marked, derived from the proxy,
 * and how its status reads in the primary. Pure: translation takes values and returns values.
 */
@NullMarked
package io.virtualnode.kubernetes.delegate;

import org.jspecify.annotations.NullMarked;
