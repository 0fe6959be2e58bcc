@NullMarked
package io.virtualnode.kubernetes;

import org.jspecify.annotations.NullMarked;
