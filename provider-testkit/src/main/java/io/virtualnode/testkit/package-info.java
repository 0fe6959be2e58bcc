@NullMarked
package io.virtualnode.testkit;

import org.jspecify.annotations.NullMarked;
