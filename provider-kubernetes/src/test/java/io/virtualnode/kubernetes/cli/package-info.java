@NullMarked
package io.virtualnode.kubernetes.cli;

import org.jspecify.annotations.NullMarked;
