/**
 * The demonstration: one queue over several real clusters on one machine, watched from outside. It
 * runs the {@code vnode} command as an operator would and believes only what API servers say.
 */
@NullMarked
package io.virtualnode.examples.federation;

import org.jspecify.annotations.NullMarked;
