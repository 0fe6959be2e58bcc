/**
 * The connection to one member cluster: its watches, whether what they say is recent, and the few
 * requests that a delegate's life needs. Holds no account and takes no decision.
 */
@NullMarked
package io.virtualnode.kubernetes.member;

import org.jspecify.annotations.NullMarked;
