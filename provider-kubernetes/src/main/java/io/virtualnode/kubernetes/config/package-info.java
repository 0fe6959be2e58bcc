/**
 * Owns what an operator writes down: the configuration as checked values, the file they are read
 * from with all its faults, and the news that the file has changed. Contacts no cluster.
 */
@NullMarked
package io.virtualnode.kubernetes.config;

import org.jspecify.annotations.NullMarked;
