@NullMarked
package io.virtualnode.examples.custom;

import org.jspecify.annotations.NullMarked;
