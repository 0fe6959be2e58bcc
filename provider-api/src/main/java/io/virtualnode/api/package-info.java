@NullMarked
package io.virtualnode.api;

import org.jspecify.annotations.NullMarked;
