/**
 * The account of what the members really have: effective pod requests, resource vectors and the
 * ledger. Pure: values in, values out; no client, no clock, no thread.
 */
@NullMarked
package io.virtualnode.kubernetes.capacity;

import org.jspecify.annotations.NullMarked;
