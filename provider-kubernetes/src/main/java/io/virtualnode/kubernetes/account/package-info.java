/**
 * The ledger together with the proxies that wait for room in it, shared by threads. Knows no client
 * and no clock; what must happen later goes to an executor, so that a simulation can drive it.
 */
@NullMarked
package io.virtualnode.kubernetes.account;

import org.jspecify.annotations.NullMarked;
