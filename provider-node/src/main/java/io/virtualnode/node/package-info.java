/**
 * The virtual kubelet: runs any {@link io.virtualnode.api.Provider} as a node of a primary cluster.
 *
 * <p>{@link io.virtualnode.node.VirtualNode} registers the node, keeps it alive, hands every pod
 * bound to it to the provider, and writes back what the provider says. It knows nothing of where
 * pods really run. {@link io.virtualnode.node.NodeHost} holds many of them in one process.
 *
 * <p><b>Shape.</b> Two work queues keyed by pod carry everything. The <em>pod</em> queue ({@code
 * PodController}) calls the provider; the <em>status</em> queue ({@code StatusWriter}) writes to
 * the primary. They are apart so that a provider call that takes long never holds up what the
 * provider has to say. Decisions and merges are pure ({@code PodStep}, {@code NextStatus}, {@code
 * StatusMerge}, {@code PendingStatus}, {@code NodeObject}); clients, clocks and threads sit around
 * them. No thread waits for an answer from the network.
 *
 * <p>{@link io.virtualnode.node.Election} is apart from all that: it lets one of several replicas
 * work at a time, and {@link io.virtualnode.node.WriteGuard} keeps one that was deposed from
 * writing.
 */
@NullMarked
package io.virtualnode.node;

import org.jspecify.annotations.NullMarked;
