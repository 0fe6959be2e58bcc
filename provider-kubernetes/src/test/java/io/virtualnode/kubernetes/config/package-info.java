@NullMarked
package io.virtualnode.kubernetes.config;

import org.jspecify.annotations.NullMarked;
