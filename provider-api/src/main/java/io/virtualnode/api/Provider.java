package io.virtualnode.api;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Runs the pods of a virtual node.
 *
 * <p>A provider is level-triggered: the node says again and again what should be, the provider
 * makes it so and pushes what is to the {@link NodeContext} it was started with. The node never
 * polls. Every call names a pod by UID and may come any number of times, also for a pod that the
 * provider has long had (after a restart, each pod bound to the node comes once more), so each must
 * be idempotent.
 *
 * <p><b>Abilities.</b> A provider that can do more implements more: {@link PodLogs}, {@link
 * PodExec}, {@link PodAttach}, {@link PodPortForward}, {@link PodStatistics}, and {@link
 * PodObserver} if it wants to see every pod of its node as the primary has it. The node discovers
 * them with {@code instanceof}.
 *
 * <p><b>Threading.</b> {@link #apply} and {@link #remove} are called on threads of the node, never
 * two at a time for one UID, and concurrently for different UIDs. "At a time" lasts until the
 * returned stage completes. They must not block: the few threads are shared by all pods, and slow
 * work belongs on threads of the provider's own. A provider that blocks them all the same holds up
 * only its own calls; statuses, the node and its lease have threads of their own.
 *
 * <p><b>Errors.</b> A stage that fails with {@link ProviderException} is treated as its reason
 * says; any other failure, thrown or returned (an {@link Error} and a null stage too), as {@link
 * ProviderException.Reason#UNAVAILABLE}: the call is repeated with exponential back-off (50 ms to
 * 30 s) until it succeeds or the pod is gone.
 */
public interface Provider {

  /**
   * Hands over the way back to the node; called once, before any other method but {@link
   * #pushedConditions}.
   *
   * <p>Must return promptly, without waiting for anything remote. The node registers once {@link
   * NodeContext#report} has been called for the first time. What the provider throws here ends the
   * node.
   */
  void start(NodeContext node);

  /**
   * Makes the pod run as its spec says, or brings what runs in line with a changed spec.
   *
   * <p>Comes when the pod is first seen bound to the node, when its spec or metadata (not only its
   * status) changed, after {@link NodeContext#requeue}, and after a failure. Never comes for a pod
   * that is terminal or being deleted, nor before every pod of the node has been seen. A completed
   * stage means <em>accepted</em>, not running: a pod that has to wait for room is accepted and its
   * waiting is told through {@link NodeContext#podStatus}.
   *
   * @param pod the pod as last read from the primary, with the conditions that {@link
   *     NodeContext#record} wrote earlier; shared with the node, not to be changed
   */
  CompletionStage<Void> apply(Pod pod);

  /**
   * Ends the pod's work, leaving its containers {@code grace} to stop by themselves.
   *
   * <p>Comes when the pod is being deleted, again when its grace is shortened, when it has gone
   * from the primary without the node's doing (force deletion), and when somebody else made it
   * terminal there while the provider says that it lives. The provider calls {@link
   * NodeContext#podGone} once nothing of the pod is left — also when there never was anything. The
   * stage completes when the request is accepted, which may be long before. An accepted removal is
   * not repeated while this process lives: it is the provider's to carry out, however often that
   * takes; one that failed is.
   *
   * <p>The pod may be unknown to the provider: never applied, or applied by an earlier process.
   */
  CompletionStage<Void> remove(PodKey pod, Duration grace);

  /**
   * The types of the pod conditions that this provider pushes with {@link NodeContext#podStatus},
   * besides those of a kubelet; constant.
   *
   * <p>A stored condition of such a type is taken away when a pushed status leaves it out, whoever
   * wrote it, also after a restart. A type that is not named here can only be taken back by the
   * process that pushed it. Types given to {@link NodeContext#record} do not belong here: what was
   * recorded stays. The default is none.
   */
  default Set<String> pushedConditions() {
    return Set.of();
  }

  /**
   * Releases what the provider holds on this machine; what runs elsewhere runs on.
   *
   * <p>Called once, last. Work in flight is finished or abandoned such that the next process can go
   * on from what is stored in the clusters. The default does nothing.
   */
  default void stop() {}
}
