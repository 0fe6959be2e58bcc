/** The smallest complete provider: what to copy to begin one's own. */
@NullMarked
package io.virtualnode.examples.custom;

import org.jspecify.annotations.NullMarked;
