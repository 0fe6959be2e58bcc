@NullMarked
package io.virtualnode.node;

import org.jspecify.annotations.NullMarked;
