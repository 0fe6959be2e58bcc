/**
 * The provider that forwards pods to member clusters: binds the account, the placement, the
 * translation and the members together into one {@link io.virtualnode.api.Provider}.
 */
@NullMarked
package io.virtualnode.kubernetes;

import org.jspecify.annotations.NullMarked;
