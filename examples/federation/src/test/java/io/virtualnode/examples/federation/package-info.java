@NullMarked
package io.virtualnode.examples.federation;

import org.jspecify.annotations.NullMarked;
